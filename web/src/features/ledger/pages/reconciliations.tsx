import { IconFileSpreadsheet, IconUpload } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import { useFormat } from "@/lib/format";
import { usePaged } from "@/lib/paged";
import { ButtonLink } from "@/ui/links";
import { Page } from "@/ui/page";
import { Rows, type Column } from "@/ui/rows";
import { Empty, Failure } from "@/ui/states";

import { Sections } from "../components/sections";
import { reconciliationsQuery, type Reconciliation } from "../queries";
import classes from "./ledger.module.css";

const count = (one: Reconciliation) => Object.values(one.counts).reduce((sum, each) => sum + each, 0);

export function ReconciliationsPage() {
  const { t } = useTranslation("ledger");
  const query = useInfiniteQuery(reconciliationsQuery);
  const { items, more } = usePaged(query);
  const columns = useColumns();
  const add = (
    <ButtonLink to="/ledger/reconciliations/new" leftSection={<IconUpload size={16} aria-hidden />}>
      {t("invoice.add")}
    </ButtonLink>
  );
  return (
    <Page title={t("title")}>
      <Sections />
      {query.isError && !items ? (
        <Failure title={t("invoice.failed")} error={query.error} onRetry={() => void query.refetch()} />
      ) : items?.length === 0 ? (
        <Empty
          icon={<IconFileSpreadsheet size={22} />}
          title={t("invoice.empty")}
          detail={t("invoice.emptyDetail")}
          action={add}
        />
      ) : (
        <>
          <div className={classes.controls}>
            <div className={classes.end}>{add}</div>
          </div>
          <Rows
            label={t("sections.reconciliations")}
            columns={columns}
            items={items}
            idOf={({ id }) => id}
            more={more}
          />
        </>
      )}
    </Page>
  );
}

function useColumns(): Column<Reconciliation>[] {
  const { t } = useTranslation("ledger");
  const format = useFormat();
  return [
    {
      id: "account",
      header: t("invoice.account"),
      width: "minmax(0, 2fr)",
      cell: ({ id, carrier, carrier_account }) => (
        <Link to="/ledger/reconciliations/$reconciliationId" params={{ reconciliationId: id }} search={{}}>
          {`${carrier_account} (${carrier})`}
        </Link>
      ),
    },
    {
      id: "period",
      header: t("invoice.period"),
      width: "minmax(0, 2fr)",
      wide: true,
      cell: ({ first, end }) => t("invoice.span", { from: format.date(first), to: format.date(dayBefore(end)) }),
    },
    {
      id: "lines",
      header: t("invoice.lines"),
      width: "5rem",
      end: true,
      cell: (one) => format.number(count(one)),
    },
    {
      id: "differ",
      header: t("invoice.differ"),
      width: "5.5rem",
      end: true,
      cell: (one) => format.number(count(one) - (one.counts.matched ?? 0)),
    },
    {
      id: "at",
      header: t("invoice.made"),
      width: "8rem",
      wide: true,
      end: true,
      cell: ({ made_at }) => format.shortDateTime(made_at),
    },
  ];
}

/** People name the last day; the API the first that is not in it. */
export const dayBefore = (day: string) => dayFrom(day, -1);
export const dayFrom = (day: string, away: number) =>
  new Date(Date.parse(`${day}T00:00:00Z`) + away * 86_400_000).toISOString().slice(0, 10);
