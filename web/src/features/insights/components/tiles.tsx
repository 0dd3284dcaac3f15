/** The few numbers of the whole span, each with what it is made of. */
import { Skeleton } from "@mantine/core";
import { useTranslation } from "react-i18next";

import type { Schemas } from "@/lib/api/client";
import { useFormat } from "@/lib/format";

import type { Figures } from "../queries";
import classes from "./tiles.module.css";

interface Tile {
  name: string;
  number: string;
  note: string;
}

export function Tiles({ totals }: { totals: Figures | undefined }) {
  const tiles = useTiles(totals);
  return (
    <dl className={classes.tiles} aria-busy={!totals}>
      {tiles.map(({ name, number, note }) => (
        <div key={name} className={classes.tile}>
          <dt>{name}</dt>
          {totals ? (
            <>
              <dd className={classes.number}>{number}</dd>
              <dd className={classes.note}>{note}</dd>
            </>
          ) : (
            <dd>
              <Skeleton height={22} width="60%" my={5} />
              <Skeleton height={11} width="80%" my={4} />
            </dd>
          )}
        </div>
      ))}
    </dl>
  );
}

function useTiles(totals: Figures | undefined): Tile[] {
  const { t } = useTranslation(["insights", "app"]);
  const format = useFormat();
  const rate = (name: string, told?: Schemas["Rate"]): Tile => ({
    name,
    number: told?.value == null ? t("app:none") : format.percent(told.value),
    note: told?.denominator
      ? t("ofThose", { part: format.number(told.numerator), whole: format.number(told.denominator) })
      : t("nothingYet"),
  });
  const times = (name: string, told?: Schemas["Times"]): Tile => ({
    name,
    number: told?.p50 == null ? t("app:none") : format.duration(told.p50),
    note: told?.p90 == null ? t("nothingYet") : t("ninety", { time: format.duration(told.p90) }),
  });
  const money: Tile[] = (totals?.money.length ? totals.money : [undefined]).map((one) => ({
    name: totals && totals.money.length > 1 && one ? `${t("meanPrice")} · ${one.price.currency}` : t("meanPrice"),
    number: one ? format.money(one.mean_price) : t("app:none"),
    note: one ? t("inAll", { money: format.money(one.price) }) : t("nothingYet"),
  }));
  return [
    {
      name: t("figure.requested"),
      number: format.number(totals?.requested ?? 0),
      note: t("deliveredNote", { count: totals?.delivered ?? 0 }),
    },
    rate(t("figure.on_time"), totals?.on_time),
    times(t("figure.time_to_pickup"), totals?.time_to_pickup),
    times(t("figure.time_to_deliver"), totals?.time_to_deliver),
    rate(t("figure.quote_to_book"), totals?.quote_to_book),
    ...money,
  ];
}
