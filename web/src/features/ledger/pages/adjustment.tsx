import { Button, Group, Skeleton, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import { useFormat } from "@/lib/format";
import { Fact, Facts } from "@/ui/facts";
import { FormError } from "@/ui/form-error";
import { TextLink } from "@/ui/links";
import { Card, Page } from "@/ui/page";
import { Failure } from "@/ui/states";

import { AdjustmentState } from "../components/adjustment-state";
import { useMay } from "../may";
import { adjustmentQuery, useDecide, type Adjustment } from "../queries";
import { useLedgerWords } from "../use-words";

const route = getRouteApi("/app/ledger/adjustments/$adjustmentId");

export function AdjustmentPage() {
  const { t } = useTranslation("ledger");
  const format = useFormat();
  const { reason } = useLedgerWords();
  const { adjustmentId } = route.useParams();
  const { data, error, refetch } = useQuery(adjustmentQuery(adjustmentId));
  const back = (
    <Text size="sm" mb="xs">
      <TextLink to="/ledger/adjustments" search={{}}>
        {t("sections.adjustments")}
      </TextLink>
    </Text>
  );
  if (error && !data) {
    return (
      <Page title={t("adjustments.one")} above={back}>
        <Failure title={t("adjustments.oneFailed")} error={error} onRetry={() => void refetch()} />
      </Page>
    );
  }
  return (
    <Page
      title={data ? t(`adjustments.kind.${data.change.kind}`) : t("adjustments.one")}
      above={back}
      actions={data && <AdjustmentState status={data.status} />}
    >
      {data?.status === "proposed" && <Decision adjustment={data} />}
      <Card label={t("adjustments.one")}>
        {data ? (
          <Facts>
            <Fact name={t("column.amount")}>{format.money(data.change.money)}</Fact>
            <Fact name={t("adjustments.reason")}>{reason(data.change.reason)}</Fact>
            <Fact name={t("column.delivery")}>
              <TextLink to="/deliveries/$deliveryId" params={{ deliveryId: data.change.delivery_id }}>
                {data.change.delivery_id}
              </TextLink>
            </Fact>
            <Fact name={t("organisation")}>{data.organisation_id}</Fact>
            <Fact name={t("adjustments.proposed")}>
              {t("adjustments.by", { who: data.proposed_by, at: format.dateTime(data.proposed_at) })}
            </Fact>
            {data.decided_by && data.decided_at && (
              <Fact name={t("adjustments.decided")}>
                {t("adjustments.by", { who: data.decided_by, at: format.dateTime(data.decided_at) })}
              </Fact>
            )}
          </Facts>
        ) : (
          <Skeleton m="lg" height={200} width="auto" />
        )}
      </Card>
    </Page>
  );
}

/** Another person agrees, or does not; who proposed it is told why they cannot. */
function Decision({ adjustment }: { adjustment: Adjustment }) {
  const { t } = useTranslation("ledger");
  const { me } = useMay();
  const decide = useDecide(adjustment.id);
  const own = adjustment.proposed_by === me;
  return (
    <Card label={t("adjustments.decide")}>
      <Group p="lg" justify="space-between">
        <Text size="sm">{t(own ? "adjustments.own" : "adjustments.waits")}</Text>
        <Group gap="xs">
          <Button variant="default" disabled={own} loading={decide.isPending} onClick={() => decide.mutate(false)}>
            {t("adjustments.reject")}
          </Button>
          <Button disabled={own} loading={decide.isPending} onClick={() => decide.mutate(true)}>
            {t("adjustments.approve")}
          </Button>
        </Group>
      </Group>
      {decide.error && (
        <Group px="lg" pb="lg">
          <FormError error={decide.error} />
        </Group>
      )}
    </Card>
  );
}
