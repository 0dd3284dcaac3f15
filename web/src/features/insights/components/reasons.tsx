/** Why things went otherwise, the most frequent first: a table whose bars say the same as its numbers. */
import { Title } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { useFormat } from "@/lib/format";
import { Card } from "@/ui/page";
import { Sheet } from "@/ui/sheet";

import { carrierName } from "../naming";
import type { Figures } from "../queries";
import classes from "./reasons.module.css";

const KINDS = ["declines", "refusals", "failures", "failed_attempts", "cancellations"] as const;

export function Reasons({ totals }: { totals: Figures }) {
  const told = KINDS.filter((kind) => totals[kind].length > 0);
  return (
    <div className={classes.columns}>
      {told.map((kind) => (
        <Kind key={kind} kind={kind} totals={totals} />
      ))}
    </div>
  );
}

function Kind({ kind, totals }: { kind: (typeof KINDS)[number]; totals: Figures }) {
  const { t, i18n } = useTranslation("insights");
  const format = useFormat();
  const items = [...totals[kind]].sort((one, other) => other.count - one.count);
  const all = items.reduce((sum, { count }) => sum + count, 0);
  const title = t(`reasons.${kind}`);
  const say = (code: string) =>
    i18n.exists(`code.${code}`, { ns: "insights" }) ? t(`code.${code as "timeout"}`) : code.replaceAll("_", " ");
  return (
    <Card label={title}>
      <Title order={2} p="lg" pb="xs">
        {title}
      </Title>
      <Sheet
        label={title}
        items={items}
        idOf={({ code, carrier }) => `${carrier ?? ""}/${code}`}
        columns={[
          {
            id: "reason",
            header: t("reason"),
            cell: ({ code, carrier }) => (carrier ? `${carrierName(carrier)}: ${say(code)}` : say(code)),
          },
          {
            id: "part",
            header: t("share"),
            cell: ({ count }) => (
              <span
                role="img"
                aria-label={format.percent(count / all)}
                className={classes.part}
                style={{ "--part": `${(100 * count) / all}%` } as object}
              />
            ),
          },
          { id: "count", header: t("count"), end: true, cell: ({ count }) => format.number(count) },
        ]}
      />
    </Card>
  );
}
