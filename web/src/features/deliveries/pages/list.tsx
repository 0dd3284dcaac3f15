import { Button, Checkbox, Group } from "@mantine/core";
import { IconAlertTriangle, IconDownload } from "@tabler/icons-react";
import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { withWords } from "@/i18n/apart";
import { useExplain } from "@/lib/explain";
import { useFormat } from "@/lib/format";
import { usePaged } from "@/lib/paged";
import { ButtonLink } from "@/ui/links";
import { Page } from "@/ui/page";
import { Rows, type Column } from "@/ui/rows";
import { Empty, Failure } from "@/ui/states";

import { Filters } from "../components/filters";
import { StatusBadge } from "../components/status-badge";
import { ViewBar } from "../components/view-bar";
import { isAttention, isNarrowed, type Filter } from "../filter";
import { accepted, place } from "../naming";
import { deliveriesQuery, type Delivery } from "../queries";
import classes from "./list.module.css";

const route = getRouteApi("/app/deliveries");
const loadBulk = withWords("delivery", () => import("../components/bulk"));
const BulkBar = lazy(() => loadBulk().then((made) => ({ default: made.BulkBar })));

export function DeliveriesPage() {
  const { t } = useTranslation("deliveries");
  const filter = route.useSearch();
  const go = route.useNavigate();
  const query = useInfiniteQuery(deliveriesQuery(filter));
  const { items, more } = usePaged(query);
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  const chosen = items?.filter(({ id }) => ticked.has(id)) ?? [];
  const columns = useColumns(items ?? [], ticked, setTicked);
  const carriers = useMemo(() => named(items ?? []), [items]);
  const narrow = (search: Filter, typing = false) => void go({ search, replace: typing });
  return (
    <Page title={t("title")} actions={<Tools filter={filter} />}>
      <div className={classes.above}>
        <ViewBar filter={filter} />
        <Filters filter={filter} onChange={narrow} carriers={carriers} />
      </div>
      {query.isError && !items ? (
        <Failure title={t("failed")} error={query.error} onRetry={() => void query.refetch()} />
      ) : items?.length === 0 ? (
        isNarrowed(filter) ? (
          <Empty
            title={t("emptyFiltered.title")}
            detail={t("emptyFiltered.detail")}
            action={
              <Button variant="default" onClick={() => narrow({})}>
                {t("filter.clear")}
              </Button>
            }
          />
        ) : (
          <Empty
            title={t("empty.title")}
            detail={t("empty.detail")}
            action={<ButtonLink to="/deliveries/new">{t("empty.action")}</ButtonLink>}
          />
        )
      ) : (
        <Rows label={t("table")} columns={columns} items={items} idOf={({ id }) => id} more={more} />
      )}
      {chosen.length > 0 && (
        <Suspense>
          <BulkBar chosen={chosen} onClear={() => setTicked(new Set())} />
        </Suspense>
      )}
    </Page>
  );
}

/** Loaded when it is first wanted, as is what it stands on. */
function Tools({ filter }: { filter: Filter }) {
  const { t, i18n } = useTranslation("deliveries");
  const explain = useExplain();
  const download = useMutation({
    mutationFn: async () => (await import("../export")).exportCsv(filter, i18n.language),
  });
  return (
    <Group gap="sm">
      {download.error && (
        <span role="alert" className={classes.failed}>
          {t("export.failed", { why: explain(download.error).said })}
        </span>
      )}
      <ButtonLink to="/deliveries/import" variant="default">
        {t("import")}
      </ButtonLink>
      <Button
        variant="default"
        leftSection={<IconDownload size={16} />}
        loading={download.isPending}
        onClick={() => download.mutate()}
      >
        {t("export.do")}
      </Button>
    </Group>
  );
}

/** Carriers by code, named as their accounts are. */
function named(items: Delivery[]): Map<string, string> {
  const names = new Map<string, Set<string>>();
  for (const { offers } of items)
    for (const { carrier, carrier_name } of offers)
      names.set(carrier, (names.get(carrier) ?? new Set()).add(carrier_name));
  return new Map([...names].map(([code, said]) => [code, [...said].sort().join(", ")]));
}

function useColumns(
  items: Delivery[],
  ticked: ReadonlySet<string>,
  setTicked: (ticked: ReadonlySet<string>) => void,
): Column<Delivery>[] {
  const { t } = useTranslation(["deliveries", "app"]);
  const format = useFormat();
  const count = items.filter(({ id }) => ticked.has(id)).length;
  const all = items.length > 0 && count === items.length;
  const turn = (id: string) => {
    const next = new Set(ticked);
    if (!next.delete(id)) next.add(id);
    setTicked(next);
  };
  return [
    {
      id: "ticked",
      header: (
        <Checkbox
          size="xs"
          aria-label={t("select.all")}
          checked={all}
          indeterminate={count > 0 && !all}
          onChange={() => setTicked(all ? new Set() : new Set(items.map(({ id }) => id)))}
        />
      ),
      width: "1.25rem",
      wide: true,
      above: true,
      cell: ({ id, request }) => (
        <Checkbox
          size="xs"
          aria-label={t("select.one", { place: place(request.dropoff) })}
          checked={ticked.has(id)}
          onChange={() => turn(id)}
        />
      ),
    },
    {
      id: "to",
      header: t("column.to"),
      width: "minmax(0, 2fr)",
      cell: ({ id, request }) => (
        <Link to="/deliveries/$deliveryId" params={{ deliveryId: id }}>
          {place(request.dropoff)}
        </Link>
      ),
    },
    {
      id: "from",
      header: t("column.from"),
      width: "minmax(0, 1.5fr)",
      wide: true,
      cell: ({ request }) => place(request.pickup),
    },
    {
      id: "status",
      header: t("column.status"),
      width: "minmax(10rem, 1fr)",
      cell: ({ status, attention }) => (
        <span className={classes.status}>
          <StatusBadge status={status} />
          {isAttention(attention) && (
            <IconAlertTriangle
              size={16}
              className={classes.attention}
              role="img"
              aria-label={t(`attention.${attention}.title`)}
            />
          )}
        </span>
      ),
    },
    {
      id: "reference",
      header: t("column.reference"),
      width: "minmax(0, 1fr)",
      wide: true,
      cell: ({ request }) => request.reference || t("app:none"),
    },
    {
      id: "price",
      header: t("column.price"),
      width: "6.5rem",
      wide: true,
      end: true,
      cell: (delivery) => {
        const offer = accepted(delivery);
        return offer ? format.money(offer.price) : t("app:none");
      },
    },
    {
      id: "created",
      header: t("column.created"),
      width: "8rem",
      wide: true,
      end: true,
      cell: ({ created_at }) => format.shortDateTime(created_at),
    },
  ];
}
