/** The drawing itself; loaded when a panel first shows one. */
import "@mantine/charts/styles.layer.css";

import { BarChart, LineChart } from "@mantine/charts";
import { useReducedMotion } from "@mantine/hooks";

import { HEIGHT, toneOf, type PanelProps } from "./panel";

export function Chart({ kind, series, points, write, most, whole }: PanelProps) {
  const still = useReducedMotion();
  const data = points.map(({ label, values }) => ({
    label,
    ...Object.fromEntries(values.map((value, at) => [String(at), value])),
  }));
  const common = {
    h: HEIGHT,
    data,
    dataKey: "label",
    valueFormatter: write,
    tickLine: "none" as const,
    gridAxis: "x" as const,
    strokeDasharray: "0",
    yAxisProps: { width: 64, allowDecimals: !whole, domain: [0, most ?? "auto"] as [number, number | "auto"] },
    xAxisProps: { minTickGap: 24 },
    tooltipAnimationDuration: 0,
  };
  const drawn = series.map(({ name, dashed }, at) => ({
    name: String(at),
    label: name,
    color: toneOf(at),
    strokeDasharray: dashed ? "5 4" : undefined,
  }));
  if (kind === "bars") {
    return (
      <BarChart
        {...common}
        series={drawn}
        maxBarWidth={28}
        barChartProps={{ accessibilityLayer: false, barGap: 2 }}
        barProps={{ isAnimationActive: !still, radius: [3, 3, 0, 0] }}
      />
    );
  }
  return (
    <LineChart
      {...common}
      series={drawn}
      curveType="monotone"
      connectNulls={false}
      strokeWidth={2}
      withDots
      dotProps={{ r: 2.5 }}
      lineChartProps={{ accessibilityLayer: false }}
      lineProps={{ isAnimationActive: !still }}
    />
  );
}
