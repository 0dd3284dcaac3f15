/** Each event and the ways it is told: a tick is kept at once. */
import { Button, Checkbox, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { FormError } from "@/ui/form-error";
import { Section } from "@/ui/section";
import { Sheet, type SheetColumn } from "@/ui/sheet";

import type { Wishes } from "../queries";
import { useEventName } from "../use-told";
import { same, useWish } from "../wishing";
import classes from "./events.module.css";

const WAYS = ["in_app", "email"] as const;
type Way = (typeof WAYS)[number];

const turned = (event: string, way: Way) => (wishes: Wishes) => {
  const ways = wishes.events?.[event] ?? [];
  const next = ways.includes(way) ? ways.filter((each) => each !== way) : [...ways, way];
  return { ...wishes, events: { ...wishes.events, [event]: next } };
};
const asUsual = (wishes: Wishes) => ({ ...wishes, events: { ...wishes.usual } });

export function Events({ wishes }: { wishes: Wishes | undefined }) {
  const { t } = useTranslation("notifications");
  const name = useEventName();
  const wish = useWish();
  const events = wishes?.events ?? {};
  const usual = Object.entries(events).every(([event, ways]) => same(ways, wishes?.usual[event]));
  const columns: SheetColumn<string>[] = [
    { id: "event", header: t("wishes.events.event"), cell: name },
    ...WAYS.map((way) => ({
      id: way,
      header: t(`wishes.events.${way}`),
      cell: (event: string) => (
        <Checkbox
          aria-label={t("wishes.events.cell", { event: name(event), way: t(`wishes.events.${way}`) })}
          checked={events[event]?.includes(way) ?? false}
          disabled={way === "email" && !wishes?.letters}
          onChange={() => wish.mutate(turned(event, way))}
        />
      ),
    })),
  ];
  return (
    <Section
      wide
      title={t("wishes.events.title")}
      detail={t("wishes.events.detail")}
      end={
        <Button size="xs" variant="default" disabled={usual} onClick={() => wish.mutate(asUsual)}>
          {t("wishes.events.usual")}
        </Button>
      }
    >
      <div className={classes.table}>
        <Sheet
          label={t("wishes.events.title")}
          columns={columns}
          items={wishes && Object.keys(events)}
          idOf={(event) => event}
        />
      </div>
      <FormError error={wish.error} />
      <Text size="sm" c="dimmed" role="status">
        {wish.isSuccess && t("wishes.saved")}
      </Text>
    </Section>
  );
}
