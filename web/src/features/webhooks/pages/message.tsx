import { Button, Skeleton, Text, Title } from "@mantine/core";
import { IconRepeat } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import { useFormat } from "@/lib/format";
import { Dot } from "@/ui/dot";
import { Fact, Facts } from "@/ui/facts";
import { FormError } from "@/ui/form-error";
import { TextLink } from "@/ui/links";
import { Card, Page } from "@/ui/page";
import { Sheet } from "@/ui/sheet";
import { Empty, Failure } from "@/ui/states";

import { OutcomeState, useAnswer } from "../components/state";
import { useMay } from "../may";
import { endpointQuery, messageQuery, useResend, type Attempt } from "../queries";
import { useEventName } from "../use-event";

const route = getRouteApi("/app/webhooks/$endpointId/messages/$messageId");
const taken = ({ error, status }: Attempt) => !error && status != null && status >= 200 && status <= 299;

export function MessagePage() {
  const { t } = useTranslation("webhooks");
  const format = useFormat();
  const name = useEventName();
  const answer = useAnswer();
  const { endpointId, messageId } = route.useParams();
  const { data: endpoint } = useQuery(endpointQuery(endpointId));
  const { data: message, error, refetch } = useQuery(messageQuery(endpointId, messageId));
  const back = (
    <Text size="sm" mb="xs">
      <TextLink to="/webhooks/$endpointId" params={{ endpointId }} search={{}}>
        {endpoint?.description ?? t("one")}
      </TextLink>
    </Text>
  );
  if (error && !message) {
    return (
      <Page title={t("message.one")} above={back}>
        <Failure title={t("message.failed")} error={error} onRetry={() => void refetch()} />
      </Page>
    );
  }
  const test = message?.delivery_id == null;
  return (
    <Page
      title={message ? name(message.type) : t("message.one")}
      above={back}
      actions={message && !test && <Resend endpointId={endpointId} messageId={messageId} enabled={endpoint?.enabled} />}
    >
      <Card label={t("facts.title")}>
        {message ? (
          <Facts>
            <Fact name={t("column.outcome")}>
              <OutcomeState outcome={message.outcome} />
            </Fact>
            {message.next_at && <Fact name={t("message.next")}>{format.dateTime(message.next_at)}</Fact>}
            <Fact name={t("column.at")}>{format.dateTime(message.at)}</Fact>
            {message.delivery_id && (
              <Fact name={t("message.delivery")}>
                <TextLink to="/deliveries/$deliveryId" params={{ deliveryId: message.delivery_id }}>
                  {message.delivery_id}
                </TextLink>
              </Fact>
            )}
            <Fact name={t("message.id")}>
              <code>{message.id}</code>
            </Fact>
          </Facts>
        ) : (
          <Skeleton m="lg" height={160} width="auto" />
        )}
      </Card>
      <Card label={t("message.attempts")}>
        <Title order={2} p="lg" pb="xs">
          {t("message.attempts")}
        </Title>
        {message?.log.length === 0 ? (
          <Empty title={t("message.noAttempts")} />
        ) : (
          <Sheet
            label={t("message.attempts")}
            items={message && [...message.log].reverse()}
            idOf={({ number }) => String(number)}
            columns={[
              { id: "number", header: t("message.number"), cell: ({ number }) => format.number(number) },
              {
                id: "answer",
                header: t("column.answer"),
                cell: (attempt) => <Dot tone={taken(attempt) ? "good" : "bad"}>{answer(attempt)}</Dot>,
              },
              {
                id: "latency",
                header: t("message.latency"),
                wide: true,
                end: true,
                cell: ({ latency_ms }) => t("message.ms", { ms: format.number(latency_ms) }),
              },
              { id: "at", header: t("message.sentAt"), end: true, cell: ({ at }) => format.shortDateTime(at) },
            ]}
          />
        )}
      </Card>
    </Page>
  );
}

interface ResendProps {
  endpointId: string;
  messageId: string;
  enabled: boolean | undefined;
}

function Resend({ endpointId, messageId, enabled }: ResendProps) {
  const { t } = useTranslation("webhooks");
  const may = useMay();
  const resend = useResend(endpointId, messageId);
  const refused = !may.keep ? t("mayNotKeep") : enabled === false ? t("message.disabledNow") : undefined;
  return (
    <div>
      <Button
        variant="default"
        leftSection={<IconRepeat size={16} aria-hidden />}
        disabled={refused !== undefined}
        title={refused}
        loading={resend.isPending}
        onClick={() => resend.mutate(undefined)}
      >
        {t("message.resend")}
      </Button>
      {refused && (
        <Text size="xs" c="dimmed" mt={4}>
          {refused}
        </Text>
      )}
      <span role="status">{resend.isSuccess && <Text size="xs">{t("message.resent")}</Text>}</span>
      <FormError error={resend.error} />
    </div>
  );
}
