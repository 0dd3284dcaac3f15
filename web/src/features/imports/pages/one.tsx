import { Button, NativeSelect, Progress, Skeleton, Stack, Text } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import type { Schemas } from "@/lib/api/client";
import { useFormat } from "@/lib/format";
import { usePaged } from "@/lib/paged";
import { FormError } from "@/ui/form-error";
import { TextLink } from "@/ui/links";
import { Card, Page } from "@/ui/page";
import { Rows, type Column } from "@/ui/rows";
import { Empty, Failure } from "@/ui/states";

import { importQuery, linesQuery, useCancelImport, type Import, type Outcome } from "../queries";
import classes from "./one.module.css";

const route = getRouteApi("/app/deliveries/import/$importId");
const OUTCOMES = ["waiting", "requested", "failed", "cancelled"] as const satisfies readonly Outcome[];

export function OneImportPage() {
  const { t } = useTranslation("imports");
  const { importId } = route.useParams();
  const { outcome } = route.useSearch();
  const go = route.useNavigate();
  const { data: made, error, refetch } = useQuery(importQuery(importId));
  const cancel = useCancelImport(importId);
  return (
    <Page
      title={t("one")}
      above={
        <Text size="sm" mb="xs">
          <TextLink to="/deliveries/import">{t("title")}</TextLink>
        </Text>
      }
      actions={
        made && (
          <Button
            variant="default"
            data-disabled={made.status !== "running" || undefined}
            aria-disabled={made.status !== "running"}
            title={made.status === "running" ? undefined : t("cancel.ended")}
            loading={cancel.isPending}
            onClick={() => made.status === "running" && cancel.mutate()}
          >
            {t("cancel.do")}
          </Button>
        )
      }
    >
      {error && !made ? (
        <Failure title={t("failed")} error={error} onRetry={() => void refetch()} />
      ) : (
        <>
          <Card label={t("progress.title")}>{made ? <Counts made={made} /> : <Skeleton m="lg" height={80} />}</Card>
          <FormError error={cancel.error} />
          <NativeSelect
            className={classes.filter}
            aria-label={t("lines.filter")}
            value={outcome ?? ""}
            onChange={({ currentTarget }) =>
              void go({ search: { outcome: OUTCOMES.find((each) => each === currentTarget.value) } })
            }
            data={[
              { value: "", label: t("lines.all") },
              ...OUTCOMES.map((value) => ({ value, label: t(`outcome.${value}`) })),
            ]}
          />
          <Lines importId={importId} outcome={outcome} />
        </>
      )}
    </Page>
  );
}

function Counts({ made }: { made: Import }) {
  const { t } = useTranslation("imports");
  const format = useFormat();
  const done = made.requested + made.failed + made.cancelled;
  const parts = [
    { name: t("outcome.requested"), count: made.requested },
    { name: t("outcome.failed"), count: made.failed },
    { name: t("outcome.cancelled"), count: made.cancelled },
    { name: t("outcome.waiting"), count: made.lines - done },
  ];
  return (
    <Stack p="lg" gap="md">
      <Text fw={600} role="status">
        {t(`status.${made.status}`)} ·{" "}
        {t("progress.done", { done: format.number(done), all: format.number(made.lines) })}
      </Text>
      <Progress value={made.lines ? (100 * done) / made.lines : 100} size="lg" aria-label={t("progress.title")} />
      <dl className={classes.counts}>
        {parts.map(({ name, count }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{format.number(count)}</dd>
          </div>
        ))}
      </dl>
    </Stack>
  );
}

function Lines({ importId, outcome }: { importId: string; outcome?: Outcome }) {
  const { t } = useTranslation("imports");
  const format = useFormat();
  const query = useInfiniteQuery(linesQuery(importId, outcome));
  const { items, more } = usePaged(query);
  const columns: Column<Schemas["ImportLine"]>[] = [
    {
      id: "line",
      header: t("lines.line"),
      width: "minmax(5rem, 1fr)",
      cell: ({ line, delivery_id, outcome }) =>
        outcome === "requested" ? (
          <TextLink to="/deliveries/$deliveryId" params={{ deliveryId: delivery_id }} underline="never">
            {t("lines.number", { line: format.number(line) })}
          </TextLink>
        ) : (
          t("lines.number", { line: format.number(line) })
        ),
    },
    {
      id: "outcome",
      header: t("lines.outcome"),
      width: "minmax(7rem, 1fr)",
      cell: ({ outcome }) => t(`outcome.${outcome}`),
    },
    {
      id: "reason",
      header: t("lines.reason"),
      width: "minmax(0, 2fr)",
      wide: true,
      cell: ({ reason }) => reason ?? "",
    },
  ];
  if (query.isError && !items)
    return <Failure title={t("lines.failed")} error={query.error} onRetry={() => void query.refetch()} />;
  if (items?.length === 0) return <Empty title={t("lines.none")} />;
  return (
    <Rows label={t("lines.table")} columns={columns} items={items} idOf={({ line }) => String(line)} more={more} />
  );
}
