/** The four charts: how many, how well, how long, how much. By day they are lines, else bars. */
import { Skeleton } from "@mantine/core";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import type { Schemas } from "@/lib/api/client";
import { useFormat } from "@/lib/format";
import { Card } from "@/ui/page";

import { days, type Filter } from "../filter";
import classes from "../pages/insights.module.css";
import type { Group } from "../queries";
import { HEIGHT, Panel, type Point } from "./panel";

interface ChartsProps {
  filter: Filter;
  data: Schemas["FiguresView"] | undefined;
  nameOf: (key: string) => string;
}

export function Charts({ filter, data, nameOf }: ChartsProps) {
  const { t } = useTranslation(["insights", "app"]);
  const format = useFormat();
  const byDay = (filter.by ?? "day") === "day";
  const byCarrier = filter.by === "carrier";
  const groups = useMemo(() => data && drawn(data, byDay, byCarrier), [data, byDay, byCarrier]);
  if (!data || !groups) {
    return (
      <div className={classes.charts}>
        {[0, 1, 2, 3].map((at) => (
          <Card key={at}>
            <Skeleton m="lg" height={HEIGHT + 24} width="auto" />
          </Card>
        ))}
      </div>
    );
  }
  const first = t(`groupings.${filter.by ?? "day"}`);
  const points = (values: (figures: Group) => (number | null | undefined)[], told?: (figures: Group) => string[]) =>
    groups.map((group): Point => ({
      key: group.key,
      label: nameOf(group.key),
      values: values(group).map((value) => value ?? null),
      told: told?.(group),
    }));
  const rate = ({ value, numerator, denominator }: Schemas["Rate"]) =>
    value == null
      ? t("app:none")
      : `${format.percent(value)} (${format.number(numerator)}/${format.number(denominator)})`;
  const second = ({ declined, quote_to_book }: Group) => (byCarrier ? declined : quote_to_book);
  const kind = byDay ? "lines" : "bars";
  return (
    <div className={classes.charts}>
      <Panel
        title={t("volume")}
        first={first}
        kind="bars"
        series={[{ name: t(byCarrier ? "figure.booked" : "figure.requested") }, { name: t("figure.delivered") }]}
        points={points(({ requested, booked, delivered }) => [byCarrier ? booked : requested, delivered])}
        write={format.number}
        whole
      />
      <Panel
        title={t(byCarrier ? "ratesOfCarriers" : "rates")}
        first={first}
        kind={kind}
        series={[
          { name: t("figure.on_time") },
          { name: t(byCarrier ? "figure.declined" : "figure.quote_to_book"), dashed: byDay },
        ]}
        points={points(
          (group) => [group.on_time.value, second(group).value],
          (group) => [rate(group.on_time), rate(second(group))],
        )}
        write={format.percent}
        most={1}
      />
      <Panel
        title={t("times")}
        first={first}
        kind={kind}
        series={[{ name: t("figure.time_to_pickup") }, { name: t("figure.time_to_deliver"), dashed: byDay }]}
        points={points(({ time_to_pickup, time_to_deliver }) => [time_to_pickup.p50, time_to_deliver.p50])}
        write={format.duration}
      />
      {data.totals.money.map(({ price: { currency }, cost }) => {
        const of = (group: Group) => group.money.find(({ price }) => price.currency === currency);
        return (
          <Panel
            key={currency}
            title={t("moneyIn", { currency })}
            first={first}
            kind="bars"
            series={[{ name: t("figure.price") }, ...(cost ? [{ name: t("figure.cost") }] : [])]}
            points={points((group) => {
              const amounts = of(group);
              return [amounts?.price.amount ?? 0, ...(cost ? [amounts?.cost?.amount ?? 0] : [])];
            })}
            write={format.amount}
          />
        );
      })}
    </div>
  );
}

const NOTHING = { numerator: 0, denominator: 0, value: null };
const NO_TIMES = { count: 0, buckets: {} };

/** What happened before a carrier was chosen is no carrier's; a day on which nothing happened is a day too. */
function drawn(data: Schemas["FiguresView"], byDay: boolean, byCarrier: boolean): Group[] {
  if (byDay) return everyDay(data);
  return byCarrier ? data.series.filter(({ key }) => key !== "none") : data.series;
}

function everyDay({ from, to, series }: Schemas["FiguresView"]): Group[] {
  const known = new Map(series.map((group) => [group.key, group]));
  return days(from, to).map((key) => known.get(key) ?? { ...QUIET, key });
}

const QUIET: Omit<Group, "key"> = {
  requested: 0,
  booked: 0,
  delivered: 0,
  returned: 0,
  lost: 0,
  expired: 0,
  on_time: NOTHING,
  sla: NOTHING,
  quote_to_book: NOTHING,
  cancelled: NOTHING,
  failed: NOTHING,
  declined: NOTHING,
  refused: NOTHING,
  time_to_pickup: NO_TIMES,
  time_to_deliver: NO_TIMES,
  money: [],
  credits: [],
  declines: [],
  refusals: [],
  failures: [],
  failed_attempts: [],
  cancellations: [],
};
