/** Which figures are looked at, as the address says it. */
import type { Schemas } from "@/lib/api/client";

export type Grouping = Schemas["Grouping"];

export const GROUPINGS: Grouping[] = ["day", "carrier", "service", "area"];
export const PERIODS = ["7d", "30d", "90d", "365d", "month", "before", "custom"] as const;
export type Period = (typeof PERIODS)[number];

export interface Filter {
  period?: Period;
  from?: string;
  to?: string;
  by?: Grouping;
  carrier?: string;
  service?: Schemas["Service"];
  area?: string;
}

const DAY_MS = 86_400_000;
const USUAL = "30d";

const text = (value: unknown, pattern: RegExp) =>
  typeof value === "string" && pattern.test(value) ? value : undefined;
const oneOf = <T extends string>(value: unknown, known: readonly T[]) => known.find((each) => each === value);

export const filters = (told: Record<string, unknown>): Filter => ({
  period: oneOf(told.period, PERIODS),
  from: text(told.from, /^\d{4}-\d\d-\d\d$/),
  to: text(told.to, /^\d{4}-\d\d-\d\d$/),
  by: oneOf(told.by, GROUPINGS),
  carrier: text(told.carrier, /^[a-z0-9][a-z0-9_.-]{0,63}$/),
  service: oneOf(told.service, ["express", "standard"] as const),
  area: text(told.area, /^[A-Z]{2}-[0-9A-Z]{0,3}$/),
});

const iso = (at: number) => new Date(at).toISOString().slice(0, 10);

/** First and last day of the period, both included; `today` as in `2026-11-25`. */
export function span({ period = USUAL, from, to }: Filter, today: string): { from: string; to: string } {
  const now = Date.parse(`${today}T00:00:00Z`);
  const begun = Date.parse(`${today.slice(0, 7)}-01T00:00:00Z`);
  switch (period) {
    case "custom":
      return { from: from ?? iso(now - 29 * DAY_MS), to: to ?? today };
    case "month":
      return { from: iso(begun), to: today };
    case "before": {
      const last = iso(begun - DAY_MS);
      return { from: `${last.slice(0, 7)}-01`, to: last };
    }
    default:
      return { from: iso(now - (parseInt(period) - 1) * DAY_MS), to: today };
  }
}

/** Today where the reader is. */
export function today(): string {
  const now = new Date();
  return iso(now.getTime() - now.getTimezoneOffset() * 60_000);
}

/** Every day of a span, so that one on which nothing happened is drawn too. */
export function days(from: string, to: string): string[] {
  const found: string[] = [];
  for (let at = Date.parse(`${from}T00:00:00Z`); at <= Date.parse(`${to}T00:00:00Z`); at += DAY_MS) found.push(iso(at));
  return found;
}
