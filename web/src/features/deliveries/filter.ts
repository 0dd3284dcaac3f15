/** What the list is narrowed by. It lives in the address, so a view is a link; saved views hold the same. */
import type { Schemas } from "@/lib/api/client";

import { isStatus } from "./status";

type Narrowing = Schemas["Narrowing"];
export type Filter = Partial<Narrowing>;

const WORDS = [
  "q", "carrier", "reference", "tracking_number", "recipient", "sender", "postal_code", "phone", "created_by",
  "organisation_id",
] as const; // prettier-ignore
const TIMES = [
  "created_from", "created_to", "promised_from", "promised_to", "ended_from", "ended_to",
] as const; // prettier-ignore
const SERVICES: readonly unknown[] = ["express", "standard"];

export const ATTENTIONS = [
  "silent_carrier", "promise_in_danger", "decision_needed", "compensation_stuck", "booking_unknown", "unbookable",
  "paused", "conflicting_scans", "refund_missing",
] as const satisfies readonly Schemas["Attention"][]; // prettier-ignore
export type Attention = (typeof ATTENTIONS)[number];
export const isAttention = (value: unknown): value is Attention => ATTENTIONS.some((each) => each === value);

const MOST = 100;
const FEWEST = 2; // what the search asks for

const many = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value]);
const time = (value: unknown) =>
  typeof value === "string" && !Number.isNaN(Date.parse(value)) ? new Date(value).toISOString() : undefined;
const word = (value: unknown) => {
  const text = typeof value === "number" ? String(value) : value; // the router reads `?q=1310` as a number
  return typeof text === "string" && text.trim() ? text.slice(0, MOST) : undefined;
};
const some = <T>(values: T[]) => (values.length > 0 ? values : undefined);

/** What is usable of an address or of a saved view; `undefined` for the rest. */
export function readFilter(told: Record<string, unknown>): Filter {
  const q = word(told.q);
  return {
    ...Object.fromEntries(WORDS.map((key) => [key, word(told[key])])),
    ...Object.fromEntries(TIMES.map((key) => [key, time(told[key])])),
    q: q && q.trim().length >= FEWEST ? q : undefined,
    service: SERVICES.includes(told.service) ? (told.service as Narrowing["service"]) : undefined,
    status: some(many(told.status).filter(isStatus)),
    attention: some(many(told.attention).filter((each) => each === "any" || isAttention(each))),
  };
}

/** Only what is given, in a steady order. */
export const given = (filter: Filter): Filter =>
  Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined && value !== null)) as Filter;

export const isNarrowed = (filter: Filter): boolean => Object.keys(given(filter)).length > 0;

export const same = (a: Filter, b: Filter): boolean => sorted(a) === sorted(b);
const sorted = (filter: Filter) => JSON.stringify(Object.entries(given(filter)).sort());
