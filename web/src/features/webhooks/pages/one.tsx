import { Alert, Button, Group, Skeleton, Text } from "@mantine/core";
import { IconAlertTriangle, IconPencil, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useFormat } from "@/lib/format";
import { Ask } from "@/ui/ask";
import { Fact, Facts } from "@/ui/facts";
import { FormError } from "@/ui/form-error";
import { ButtonLink, TextLink } from "@/ui/links";
import { Card, Page } from "@/ui/page";
import { Failure } from "@/ui/states";

import { Log } from "../components/log";
import { ReplayCard } from "../components/replay-card";
import { SecretCard } from "../components/secret-card";
import { EndpointState, useWhy } from "../components/state";
import { TestCard } from "../components/test-card";
import { useMay } from "../may";
import { endpointQuery, useDelete, useUpdate, type Endpoint } from "../queries";
import { useEventName } from "../use-event";
import classes from "./one.module.css";

const route = getRouteApi("/app/webhooks/$endpointId");

export function EndpointPage() {
  const { t } = useTranslation("webhooks");
  const { endpointId } = route.useParams();
  const { outcome } = route.useSearch();
  const go = route.useNavigate();
  const { data: endpoint, error, refetch } = useQuery(endpointQuery(endpointId));
  const back = (
    <Text size="sm" mb="xs">
      <TextLink to="/webhooks">{t("title")}</TextLink>
    </Text>
  );
  if (error && !endpoint) {
    return (
      <Page title={t("one")} above={back}>
        <Failure title={t("oneFailed")} error={error} onRetry={() => void refetch()} />
      </Page>
    );
  }
  return (
    <Page
      title={endpoint?.description ?? t("one")}
      above={back}
      actions={endpoint && <Actions endpoint={endpoint} onGone={() => void go({ to: "/webhooks" })} />}
    >
      {endpoint && <Trouble endpoint={endpoint} />}
      <div className={classes.columns}>
        <div className={classes.wide}>
          <Card label={t("facts.title")}>
            {endpoint ? <About endpoint={endpoint} /> : <Skeleton m="lg" height={88} width="auto" />}
          </Card>
        </div>
        <SecretCard endpointId={endpointId} />
        <TestCard endpointId={endpointId} />
        {endpoint && (
          <div className={classes.wide}>
            <ReplayCard endpoint={endpoint} />
          </div>
        )}
      </div>
      <Log
        endpointId={endpointId}
        outcome={outcome}
        onOutcome={(next) => void go({ search: { outcome: next }, replace: true, resetScroll: false })}
      />
    </Page>
  );
}

function About({ endpoint }: { endpoint: Endpoint }) {
  const { t } = useTranslation("webhooks");
  const format = useFormat();
  const name = useEventName();
  return (
    <Facts>
      <Fact name={t("column.url")}>
        <span className={classes.url}>{endpoint.url}</span>
      </Fact>
      <Fact name={t("column.events")}>
        {endpoint.events.length ? endpoint.events.map(name).join(" · ") : t("everyEvent")}
      </Fact>
      <Fact name={t("column.state")}>
        <EndpointState endpoint={endpoint} />
      </Fact>
      <Fact name={t("facts.created")}>{format.dateTime(endpoint.created_at)}</Fact>
    </Facts>
  );
}

/** Why nothing reaches it, and what to do. */
function Trouble({ endpoint }: { endpoint: Endpoint }) {
  const { t } = useTranslation("webhooks");
  const why = useWhy()(endpoint);
  if (why === null) return null;
  return (
    <Alert
      color={endpoint.enabled ? "yellow" : "gray"}
      variant="light"
      icon={<IconAlertTriangle size={18} />}
      title={t(endpoint.enabled ? (endpoint.failing_since ? "state.failing" : "state.missed") : "state.disabled")}
    >
      <Text size="sm" c="var(--mantine-color-text)">
        {why}
      </Text>
    </Alert>
  );
}

function Actions({ endpoint, onGone }: { endpoint: Endpoint; onGone: () => void }) {
  const { t } = useTranslation("webhooks");
  const may = useMay();
  const update = useUpdate(endpoint.id);
  const remove = useDelete(endpoint.id);
  const [asking, setAsking] = useState(false);
  const refused = may.keep ? undefined : t("mayNotKeep");
  return (
    <div>
      <Group gap="xs">
        <Button
          variant={endpoint.enabled ? "default" : "filled"}
          disabled={!may.keep}
          title={refused}
          loading={update.isPending}
          onClick={() => update.mutate({ enabled: !endpoint.enabled })}
        >
          {t(endpoint.enabled ? "disable" : "enable")}
        </Button>
        {may.keep && (
          <ButtonLink
            variant="default"
            to="/webhooks/$endpointId/edit"
            params={{ endpointId: endpoint.id }}
            leftSection={<IconPencil size={16} aria-hidden />}
          >
            {t("edit.open")}
          </ButtonLink>
        )}
        <Button
          variant="default"
          disabled={!may.keep}
          title={refused}
          leftSection={<IconTrash size={16} aria-hidden />}
          onClick={() => setAsking(true)}
        >
          {t("delete.open")}
        </Button>
      </Group>
      <FormError error={update.error} />
      <Ask
        opened={asking}
        onClose={() => setAsking(false)}
        title={t("delete.title")}
        detail={t("delete.detail")}
        verb={t("delete.open")}
        grave
        pending={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate(undefined, { onSuccess: onGone })}
      />
    </div>
  );
}
