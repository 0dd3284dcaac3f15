import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import { useFormat } from "@/lib/format";
import { usePaged } from "@/lib/paged";
import { Page } from "@/ui/page";
import { Rows, type Column } from "@/ui/rows";
import { Empty, Failure } from "@/ui/states";

import { OrganisationField } from "../components/organisation-field";
import { Sections } from "../components/sections";
import {
  ACCOUNTS,
  CURRENCIES,
  isDelivery,
  KINDS,
  type Account,
  type Currency,
  type EntryFilter,
  type Kind,
} from "../filter";
import { useMay } from "../may";
import { balancesQuery, entriesOf, entriesQuery, type Entry } from "../queries";
import { useLedgerWords } from "../use-words";
import classes from "./ledger.module.css";

const route = getRouteApi("/app/ledger/entries");

export function EntriesPage() {
  const { t } = useTranslation("ledger");
  const filter = route.useSearch();
  const go = route.useNavigate();
  const query = useInfiniteQuery(entriesQuery(entriesOf(filter)));
  const { items, more } = usePaged(query);
  const columns = useColumns();
  const filtered = Object.values(filter).some(Boolean);
  return (
    <Page title={t("title")}>
      <Sections />
      <Balances organisation={filter.organisation} />
      <Filters filter={filter} onChange={(search) => void go({ search, replace: true })} />
      {query.isError && !items ? (
        <Failure title={t("entries.failed")} error={query.error} onRetry={() => void query.refetch()} />
      ) : items?.length === 0 ? (
        <Empty
          title={t(filtered ? "entries.emptyFiltered" : "entries.empty")}
          detail={t(filtered ? "entries.emptyFilteredDetail" : "entries.emptyDetail")}
          action={
            filtered && (
              <Button variant="default" onClick={() => void go({ search: {} })}>
                {t("entries.clear")}
              </Button>
            )
          }
        />
      ) : (
        <Rows label={t("entries.table")} columns={columns} items={items} idOf={({ id }) => id} more={more} />
      )}
    </Page>
  );
}

/** What stands now, by currency. */
function Balances({ organisation }: { organisation: string | undefined }) {
  const { t } = useTranslation("ledger");
  const format = useFormat();
  const { staff } = useMay();
  const { data } = useQuery(balancesQuery(organisation));
  const shown = (
    ["customer_receivable", "customer_reserved", ...(staff ? (["carrier_payable"] as const) : [])] as const
  )
    .flatMap((account) => data?.items.filter((one) => one.account === account) ?? [])
    .slice(0, 8);
  if (!shown.length) return null;
  return (
    <dl className={classes.tiles} aria-label={t("balances")}>
      {shown.map(({ account, currency, closing }) => (
        <div key={`${account}/${currency}`}>
          <dt>{t(`now.${account as "customer_receivable"}`)}</dt>
          <dd>{format.money({ amount: account === "carrier_payable" ? -closing : closing, currency })}</dd>
        </div>
      ))}
    </dl>
  );
}

interface FiltersProps {
  filter: EntryFilter;
  onChange: (filter: EntryFilter) => void;
}

function Filters({ filter, onChange }: FiltersProps) {
  const { t } = useTranslation("ledger");
  const { staff } = useMay();
  const accounts = (Object.keys(ACCOUNTS) as Account[]).filter((each) => staff || ACCOUNTS[each] !== "ours");
  const kinds = KINDS.filter((each) => staff || (each !== "carrier_cost" && each !== "carrier_fee"));
  const take = (delivery: string) => {
    const told = delivery.trim();
    if ((told === "" || isDelivery(told)) && told !== (filter.delivery ?? ""))
      onChange({ ...filter, delivery: told || undefined });
  };
  return (
    <div className={classes.filters}>
      <NativeSelect
        label={t("column.what")}
        data={[{ value: "", label: t("every") }, ...kinds.map((value) => ({ value, label: t(`kind.${value}`) }))]}
        value={filter.kind ?? ""}
        onChange={({ target }) => onChange({ ...filter, kind: (target.value || undefined) as Kind | undefined })}
      />
      <NativeSelect
        label={t("column.account")}
        data={[{ value: "", label: t("every") }, ...accounts.map((value) => ({ value, label: t(`account.${value}`) }))]}
        value={filter.account ?? ""}
        onChange={({ target }) => onChange({ ...filter, account: (target.value || undefined) as Account | undefined })}
      />
      <NativeSelect
        label={t("currency")}
        data={[{ value: "", label: t("every") }, ...CURRENCIES]}
        value={filter.currency ?? ""}
        onChange={({ target }) =>
          onChange({ ...filter, currency: (target.value || undefined) as Currency | undefined })
        }
      />
      <TextInput
        type="date"
        label={t("from")}
        max={filter.to}
        value={filter.from ?? ""}
        onChange={({ target }) => onChange({ ...filter, from: target.value || undefined })}
      />
      <TextInput
        type="date"
        label={t("to")}
        min={filter.from}
        value={filter.to ?? ""}
        onChange={({ target }) => onChange({ ...filter, to: target.value || undefined })}
      />
      <TextInput
        key={filter.delivery}
        label={t("column.delivery")}
        placeholder={t("deliveryHint")}
        defaultValue={filter.delivery}
        onBlur={({ target }) => take(target.value)}
        onKeyDown={(event) => event.key === "Enter" && take(event.currentTarget.value)}
      />
      {staff && (
        <OrganisationField
          value={filter.organisation}
          onChange={(organisation) => onChange({ ...filter, organisation })}
        />
      )}
    </div>
  );
}

function useColumns(): Column<Entry>[] {
  const { t } = useTranslation("ledger");
  const format = useFormat();
  const { what } = useLedgerWords();
  return [
    {
      id: "what",
      header: t("column.what"),
      width: "minmax(0, 2fr)",
      cell: (entry) => (
        <Link to="/deliveries/$deliveryId" params={{ deliveryId: entry.delivery_id }} title={entry.delivery_id}>
          {what(entry)}
        </Link>
      ),
    },
    {
      id: "account",
      header: t("column.account"),
      width: "minmax(0, 1.5fr)",
      wide: true,
      cell: ({ account }) => t(`account.${account}`),
    },
    {
      id: "at",
      header: t("column.at"),
      width: "minmax(7.5rem, 1fr)",
      wide: true,
      cell: ({ posted_at }) => format.shortDateTime(posted_at),
    },
    { id: "currency", header: t("currency"), width: "3.5rem", cell: ({ money }) => money.currency },
    {
      id: "amount",
      header: t("column.amount"),
      width: "7rem",
      end: true,
      cell: ({ money }) => format.amount(money.amount),
    },
  ];
}
