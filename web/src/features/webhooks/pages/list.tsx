import { Button } from "@mantine/core";
import { IconPlus, IconWebhook } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import { usePaged } from "@/lib/paged";
import { ButtonLink } from "@/ui/links";
import { Page } from "@/ui/page";
import { Rows, type Column } from "@/ui/rows";
import { Empty, Failure } from "@/ui/states";

import { EndpointState, useWhy } from "../components/state";
import { useMay } from "../may";
import { endpointsQuery, type Endpoint } from "../queries";

export function EndpointsPage() {
  const { t } = useTranslation("webhooks");
  const may = useMay();
  const query = useInfiniteQuery(endpointsQuery);
  const { items, more } = usePaged(query);
  const columns = useColumns();
  const add = may.keep ? (
    <ButtonLink to="/webhooks/new" leftSection={<IconPlus size={16} aria-hidden />}>
      {t("add")}
    </ButtonLink>
  ) : (
    <Button disabled title={t("mayNotKeep")}>
      {t("add")}
    </Button>
  );
  return (
    <Page title={t("title")} actions={items?.length ? add : undefined}>
      {query.isError && !items ? (
        <Failure title={t("failed")} error={query.error} onRetry={() => void query.refetch()} />
      ) : items?.length === 0 ? (
        <Empty icon={<IconWebhook size={22} />} title={t("empty.title")} detail={t("empty.detail")} action={add} />
      ) : (
        <Rows label={t("tableLabel")} columns={columns} items={items} idOf={({ id }) => id} more={more} />
      )}
    </Page>
  );
}

function useColumns(): Column<Endpoint>[] {
  const { t } = useTranslation(["webhooks", "app"]);
  const why = useWhy();
  return [
    {
      id: "url",
      header: t("column.url"),
      width: "minmax(0, 2fr)",
      cell: ({ id, url, description }) => (
        <Link to="/webhooks/$endpointId" params={{ endpointId: id }} search={{}} title={url}>
          {description ?? withoutScheme(url)}
        </Link>
      ),
    },
    {
      id: "state",
      header: t("column.state"),
      width: "minmax(8rem, 1fr)",
      cell: (endpoint) => <EndpointState endpoint={endpoint} />,
    },
    {
      id: "why",
      header: t("column.note"),
      width: "minmax(0, 2fr)",
      wide: true,
      cell: (endpoint) => why(endpoint) ?? withoutScheme(endpoint.url),
    },
    {
      id: "events",
      header: t("column.events"),
      width: "8rem",
      wide: true,
      end: true,
      cell: ({ events }) => (events.length ? t("eventCount", { count: events.length }) : t("everyEvent")),
    },
  ];
}

const withoutScheme = (url: string) => url.replace(/^https:\/\//, "");
