import { Button, NativeSelect, Text } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import { useFormat } from "@/lib/format";
import { TextLink } from "@/ui/links";
import { Card, Page } from "@/ui/page";
import { Empty, Failure } from "@/ui/states";

import { Lines } from "../components/lines";
import { linesQuery, reconciliationQuery, type Compared } from "../queries";
import classes from "./ledger.module.css";
import { dayBefore } from "./reconciliations";

const route = getRouteApi("/app/ledger/reconciliations/$reconciliationId");
const OUTCOMES = ["matched", "amount_differs", "unknown_to_us", "missing_from_theirs"] as const satisfies Compared[];
const UNSETTLED = "unsettled";

/** An invoice beside our books: what agrees, what does not, and what is done about it. */
export function ReconciliationPage() {
  const { t } = useTranslation("ledger");
  const format = useFormat();
  const { reconciliationId } = route.useParams();
  const { outcome, open } = route.useSearch();
  const go = route.useNavigate();
  const { data, error, refetch } = useQuery(reconciliationQuery(reconciliationId));
  const lines = useInfiniteQuery(linesQuery(reconciliationId, outcome, open ?? false));
  const items = lines.data?.pages.flatMap((page) => page.items);
  const back = (
    <Text size="sm" mb="xs">
      <TextLink to="/ledger/reconciliations">{t("sections.reconciliations")}</TextLink>
    </Text>
  );
  if (error && !data) {
    return (
      <Page title={t("invoice.one")} above={back}>
        <Failure title={t("invoice.oneFailed")} error={error} onRetry={() => void refetch()} />
      </Page>
    );
  }
  const choose = (value: string) =>
    void go({
      search: value === UNSETTLED ? { open: true } : { outcome: OUTCOMES.find((each) => each === value) },
      replace: true,
    });
  return (
    <Page title={data ? t("invoice.of", { account: data.carrier_account }) : t("invoice.one")} above={back}>
      {data && (
        <Text size="sm" c="dimmed" mt="calc(-1 * var(--mantine-spacing-md))">
          {t("invoice.span", { from: format.date(data.first), to: format.date(dayBefore(data.end)) })}
        </Text>
      )}
      <dl className={classes.tiles}>
        {OUTCOMES.map((each) => (
          <div key={each}>
            <dt>{t(`invoice.outcome.${each}`)}</dt>
            <dd>{format.number(data?.counts[each] ?? 0)}</dd>
          </div>
        ))}
      </dl>
      <div className={classes.controls}>
        <NativeSelect
          aria-label={t("invoice.filter")}
          data={[
            { value: "", label: t("invoice.everyLine") },
            { value: UNSETTLED, label: t("invoice.unsettled") },
            ...OUTCOMES.map((value) => ({ value, label: t(`invoice.outcome.${value}`) })),
          ]}
          value={open ? UNSETTLED : (outcome ?? "")}
          onChange={({ target }) => choose(target.value)}
        />
      </div>
      {lines.isError && !items ? (
        <Failure title={t("invoice.linesFailed")} error={lines.error} onRetry={() => void lines.refetch()} />
      ) : (
        <Card label={t("invoice.lines")}>
          {items?.length === 0 ? (
            <Empty
              title={t(open ? "invoice.allSettled" : "invoice.noLines")}
              detail={t(open ? "invoice.allSettledDetail" : "invoice.noLinesDetail")}
            />
          ) : (
            <Lines reconciliationId={reconciliationId} items={items} />
          )}
          {lines.hasNextPage && (
            <div className={classes.more}>
              <Button variant="default" loading={lines.isFetchingNextPage} onClick={() => void lines.fetchNextPage()}>
                {t("more")}
              </Button>
            </div>
          )}
        </Card>
      )}
    </Page>
  );
}
