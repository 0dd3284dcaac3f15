import { NativeSelect } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import { useFormat } from "@/lib/format";
import { usePaged } from "@/lib/paged";
import { ButtonLink } from "@/ui/links";
import { Page } from "@/ui/page";
import { Rows, type Column } from "@/ui/rows";
import { Empty, Failure } from "@/ui/states";

import { AdjustmentState } from "../components/adjustment-state";
import { Sections } from "../components/sections";
import { adjustmentsQuery, type Adjustment } from "../queries";
import { useLedgerWords } from "../use-words";
import classes from "./ledger.module.css";

const route = getRouteApi("/app/ledger/adjustments");
const STATUSES = ["proposed", "posted", "rejected"] as const;

export function AdjustmentsPage() {
  const { t } = useTranslation("ledger");
  const { status } = route.useSearch();
  const go = route.useNavigate();
  const query = useInfiniteQuery(adjustmentsQuery(status));
  const { items, more } = usePaged(query);
  const columns = useColumns();
  return (
    <Page title={t("title")}>
      <Sections />
      <div className={classes.controls}>
        <NativeSelect
          aria-label={t("adjustments.filter")}
          data={[
            { value: "", label: t("adjustments.all") },
            ...STATUSES.map((value) => ({ value, label: t(`adjustments.status.${value}`) })),
          ]}
          value={status ?? ""}
          onChange={({ target }) =>
            void go({ search: { status: STATUSES.find((each) => each === target.value) }, replace: true })
          }
        />
        <div className={classes.end}>
          <ButtonLink to="/ledger/adjustments/new" search={{}} leftSection={<IconPlus size={16} aria-hidden />}>
            {t("adjustments.add")}
          </ButtonLink>
        </div>
      </div>
      {query.isError && !items ? (
        <Failure title={t("adjustments.failed")} error={query.error} onRetry={() => void query.refetch()} />
      ) : items?.length === 0 ? (
        <Empty
          title={t(status ? "adjustments.emptyFiltered" : "adjustments.empty")}
          detail={t(status ? "adjustments.emptyFilteredDetail" : "adjustments.emptyDetail")}
        />
      ) : (
        <Rows label={t("sections.adjustments")} columns={columns} items={items} idOf={({ id }) => id} more={more} />
      )}
    </Page>
  );
}

function useColumns(): Column<Adjustment>[] {
  const { t } = useTranslation("ledger");
  const format = useFormat();
  const { reason } = useLedgerWords();
  return [
    {
      id: "what",
      header: t("column.what"),
      width: "minmax(0, 2fr)",
      cell: ({ id, change }) => (
        <Link to="/ledger/adjustments/$adjustmentId" params={{ adjustmentId: id }}>
          {`${t(`adjustments.kind.${change.kind}`)}: ${reason(change.reason)}`}
        </Link>
      ),
    },
    {
      id: "status",
      header: t("adjustments.state"),
      width: "minmax(8rem, 1fr)",
      cell: ({ status }) => <AdjustmentState status={status} />,
    },
    {
      id: "at",
      header: t("adjustments.proposed"),
      width: "8rem",
      wide: true,
      cell: ({ proposed_at }) => format.shortDateTime(proposed_at),
    },
    {
      id: "currency",
      header: t("currency"),
      width: "3.5rem",
      wide: true,
      cell: ({ change }) => change.money.currency,
    },
    {
      id: "amount",
      header: t("column.amount"),
      width: "6.5rem",
      end: true,
      cell: ({ change }) => format.amount(change.money.amount),
    },
  ];
}
