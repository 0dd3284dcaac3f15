/** Every group with its figures, and the sum of all; a carrier, service or area leads to its own days. */
import { Title } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import type { Schemas } from "@/lib/api/client";
import { useFormat } from "@/lib/format";
import { TextLink } from "@/ui/links";
import { Card } from "@/ui/page";
import { Sheet, type SheetColumn } from "@/ui/sheet";

import type { Filter } from "../filter";
import type { Figures, Group } from "../queries";

interface BreakdownProps {
  filter: Filter;
  totals: Figures;
  groups: Group[];
  nameOf: (key: string) => string;
}

export function Breakdown({ filter, totals, groups, nameOf }: BreakdownProps) {
  const { t } = useTranslation(["insights", "app"]);
  const format = useFormat();
  const by = filter.by ?? "day";
  const none = t("app:none");
  const rate = ({ value, numerator, denominator }: Schemas["Rate"]) =>
    value == null ? none : `${format.percent(value)} (${format.number(numerator)}/${format.number(denominator)})`;
  const time = ({ p50 }: Schemas["Times"]) => (p50 == null ? none : format.duration(p50));
  const price = ({ money }: Figures) => money.map((one) => format.money(one.price)).join(" + ") || none;
  const column = (id: string, header: string, told: (figures: Figures) => ReactNode): SheetColumn<Group> => ({
    id,
    header,
    end: true,
    cell: told,
    foot: told(totals),
  });
  const named = ({ key }: Group) =>
    by === "day" || key === "none" ? (
      nameOf(key)
    ) : (
      <TextLink to="/insights" search={{ ...filter, by: "day", [by]: key }}>
        {nameOf(key)}
      </TextLink>
    );
  const columns: SheetColumn<Group>[] = [
    { id: "key", header: t(`groupings.${by}`), cell: named, foot: t("sum") },
    by === "carrier"
      ? column("booked", t("figure.booked"), ({ booked }) => format.number(booked))
      : column("requested", t("figure.requested"), ({ requested }) => format.number(requested)),
    column("delivered", t("figure.delivered"), ({ delivered }) => format.number(delivered)),
    column("on_time", t("figure.on_time"), ({ on_time }) => rate(on_time)),
    column("pickup", t("figure.time_to_pickup"), ({ time_to_pickup }) => time(time_to_pickup)),
    column("deliver", t("figure.time_to_deliver"), ({ time_to_deliver }) => time(time_to_deliver)),
    column("declined", t("figure.declined"), ({ declined }) => rate(declined)),
    column("price", t("figure.price"), price),
  ];
  if (totals.money.some(({ cost }) => cost)) {
    const cost = ({ money }: Figures) =>
      money.flatMap((one) => (one.cost ? [format.money(one.cost)] : [])).join(" + ") || none;
    columns.push(column("cost", t("figure.cost"), cost));
  }
  return (
    <Card label={t("breakdown")}>
      <Title order={2} p="lg" pb="xs">
        {t("breakdown")}
      </Title>
      <Sheet label={t("breakdown")} columns={columns} items={groups} idOf={({ key }) => key} />
    </Card>
  );
}
