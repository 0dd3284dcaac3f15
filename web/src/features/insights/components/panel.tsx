/** A chart and the table behind it: the same numbers, whichever way they are read. */
import { Button, Skeleton, Title } from "@mantine/core";
import { IconChartBar, IconTable } from "@tabler/icons-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";

import { Card } from "@/ui/page";
import { Sheet } from "@/ui/sheet";

import classes from "./panel.module.css";

const Chart = lazy(() => import("./chart").then((made) => ({ default: made.Chart })));

/** One line or kind of bar; `value` is null where there is nothing to tell. */
export interface Series {
  name: string;
  dashed?: boolean;
}
export interface Point {
  key: string;
  label: string;
  /** By number of the series. */
  values: (number | null)[];
  /** What the table says, where that is more than the number. */
  told?: string[];
}
export interface PanelProps {
  title: string;
  first: string;
  kind: "bars" | "lines";
  series: Series[];
  points: Point[];
  /** How a number is written, on the axis and in the table. */
  write: (value: number) => string;
  /** Counts: no half of one on the axis. */
  whole?: boolean;
  /** Where the axis ends, if it is known. */
  most?: number;
}

export const HEIGHT = 220;

export function Panel(props: PanelProps) {
  const { title, first, series, points, write } = props;
  const { t } = useTranslation(["insights", "app"]);
  const [table, setTable] = useState(false);
  return (
    <Card label={title}>
      <div className={classes.head}>
        <Title order={2}>{title}</Title>
        <Button
          variant="subtle"
          size="compact-sm"
          color="gray"
          c="dimmed"
          aria-label={t(table ? "asChart" : "asTable", { title })}
          leftSection={table ? <IconChartBar size={16} aria-hidden /> : <IconTable size={16} aria-hidden />}
          onClick={() => setTable(!table)}
        >
          {t(table ? "chart" : "table")}
        </Button>
      </div>
      {table ? (
        <Sheet
          label={title}
          items={points}
          idOf={({ key }) => key}
          columns={[
            { id: "key", header: first, cell: ({ label }) => label },
            ...series.map(({ name }, at) => ({
              id: name,
              header: name,
              end: true,
              cell: ({ values, told }: Point) => {
                const value = values[at];
                return told?.[at] ?? (value === null || value === undefined ? t("app:none") : write(value));
              },
            })),
          ]}
        />
      ) : (
        <>
          {series.length > 1 && (
            <ul className={classes.legend} aria-hidden>
              {series.map(({ name, dashed }, at) => (
                <li key={name}>
                  <span
                    className={classes.key}
                    data-dashed={dashed || undefined}
                    style={{ "--tone": toneOf(at) } as object}
                  />
                  {name}
                </li>
              ))}
            </ul>
          )}
          <div className={classes.chart} role="img" aria-label={t("drawn", { title })}>
            <Suspense fallback={<Skeleton height={HEIGHT} />}>
              <Chart {...props} />
            </Suspense>
          </div>
        </>
      )}
    </Card>
  );
}

/** Said by the module's variables, which are set on what is around chart and legend. */
export const toneOf = (at: number) =>
  ["light-dark(#0b6157, #4fac9b)", "light-dark(#b7791f, #e3b04b)", "light-dark(#716c65, #a39e96)"][at % 3] ?? "";
