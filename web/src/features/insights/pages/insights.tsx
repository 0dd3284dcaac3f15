import { useQuery } from "@tanstack/react-query";
import { IconChartBar } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import { ButtonLink } from "@/ui/links";
import { Page } from "@/ui/page";
import { Empty, Failure } from "@/ui/states";

import { Breakdown } from "../components/breakdown";
import { Charts } from "../components/charts";
import { Controls } from "../components/controls";
import { Reasons } from "../components/reasons";
import { Tiles } from "../components/tiles";
import { figuresQuery, type Figures } from "../queries";
import { useNameOf } from "../use-name";
import classes from "./insights.module.css";

const route = getRouteApi("/app/insights");

/** Nothing was asked, ended or counted in that span. */
const isNothing = ({ requested, booked, delivered, returned, lost, expired }: Figures) =>
  requested + booked + delivered + returned + lost + expired === 0;

export function InsightsPage() {
  const { t } = useTranslation("insights");
  const filter = route.useSearch();
  const go = route.useNavigate();
  const { data, error, refetch, isPlaceholderData } = useQuery(figuresQuery(filter));
  const nameOf = useNameOf(filter.by ?? "day");
  const wide = Boolean(filter.carrier ?? filter.service ?? filter.area ?? filter.period);
  return (
    <Page title={t("title")}>
      <Controls filter={filter} onChange={(search) => void go({ search, replace: true })} />
      {error && !data ? (
        <Failure title={t("failed")} error={error} onRetry={() => void refetch()} />
      ) : data && isNothing(data.totals) ? (
        <Empty
          icon={<IconChartBar size={22} />}
          title={t(wide ? "emptyFiltered.title" : "empty.title")}
          detail={t(wide ? "emptyFiltered.detail" : "empty.detail")}
          action={<ButtonLink to="/deliveries">{t("empty.action")}</ButtonLink>}
        />
      ) : (
        <div className={classes.all} data-old={isPlaceholderData}>
          <Tiles totals={data?.totals} />
          <Charts filter={filter} data={data} nameOf={nameOf} />
          {data && <Breakdown filter={filter} totals={data.totals} groups={data.series} nameOf={nameOf} />}
          {data && <Reasons totals={data.totals} />}
        </div>
      )}
    </Page>
  );
}
