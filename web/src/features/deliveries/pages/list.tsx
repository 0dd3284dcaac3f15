import { Button, NativeSelect } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import { useFormat } from "@/lib/format";
import { ButtonLink } from "@/ui/links";
import { Page } from "@/ui/page";
import { Rows, type Column } from "@/ui/rows";
import { Empty, Failure } from "@/ui/states";

import { StatusBadge } from "../components/status-badge";
import { accepted, place } from "../naming";
import { deliveriesQuery, type Delivery } from "../queries";
import { isStatus, STATUSES } from "../status";

const route = getRouteApi("/app/deliveries");

export function DeliveriesPage() {
  const { t } = useTranslation("deliveries");
  const filter = route.useSearch();
  const go = route.useNavigate();
  const query = useInfiniteQuery(deliveriesQuery(filter));
  const items = useMemo(() => query.data?.pages.flatMap((page) => page.items), [query.data]);
  const columns = useColumns();
  const clear = () => void go({ search: {} });
  return (
    <Page
      title={t("title")}
      actions={
        <NativeSelect
          aria-label={t("filter.status")}
          data={[
            { value: "", label: t("filter.all") },
            ...STATUSES.map((value) => ({ value, label: t(`status.${value}`) })),
          ]}
          value={filter.status ?? ""}
          onChange={({ target }) => void go({ search: isStatus(target.value) ? { status: target.value } : {} })}
        />
      }
    >
      {query.isError && !items ? (
        <Failure title={t("failed")} error={query.error} onRetry={() => void query.refetch()} />
      ) : items?.length === 0 ? (
        filter.status ? (
          <Empty
            title={t("emptyFiltered.title")}
            detail={t("emptyFiltered.detail")}
            action={
              <Button variant="default" onClick={clear}>
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
        <Rows
          label={t("table")}
          columns={columns}
          items={items}
          idOf={({ id }) => id}
          more={{
            has: query.hasNextPage,
            fetching: query.isFetchingNextPage,
            fetch: () => void query.fetchNextPage(),
          }}
        />
      )}
    </Page>
  );
}

function useColumns(): Column<Delivery>[] {
  const { t } = useTranslation(["deliveries", "app"]);
  const format = useFormat();
  return [
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
      cell: ({ status }) => <StatusBadge status={status} />,
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
