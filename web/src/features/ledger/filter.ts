/** What of the books is looked at, as the address says it. */
import type { Schemas } from "@/lib/api/client";

export type Account = Schemas["Account"];
export type Kind = Schemas["EntryKind"];
export type Currency = Schemas["Currency"];

export const ACCOUNTS: Record<Account, "customer" | "counter" | "ours"> = {
  customer_receivable: "customer",
  customer_reserved: "customer",
  reservations: "counter",
  revenue: "counter",
  refunds: "counter",
  adjustments: "counter",
  carrier_cost: "ours",
  carrier_payable: "ours",
};
const KINDS_TOLD: Record<Kind, true> = {
  reservation: true,
  charge: true,
  carrier_cost: true,
  insurance: true,
  extra: true,
  carrier_fee: true,
  cancellation_fee: true,
  refund: true,
  adjustment: true,
  reversal: true,
};
export const KINDS = Object.keys(KINDS_TOLD) as Kind[];
export const CURRENCIES = ["BRL", "USD", "EUR", "MXN", "ARS", "COP"] as const satisfies Currency[];

export interface Month {
  month?: string;
  organisation?: string;
  currency?: Currency;
}

export interface EntryFilter {
  account?: Account;
  kind?: Kind;
  currency?: Currency;
  delivery?: string;
  organisation?: string;
  from?: string;
  to?: string;
}

const text = (value: unknown, pattern: RegExp) =>
  typeof value === "string" && pattern.test(value) ? value : undefined;
const oneOf = <T extends string>(value: unknown, known: readonly T[]) => known.find((each) => each === value);

const ORGANISATION = /^org_[0-9a-z]{1,64}$/;
const DELIVERY = /^del_[0-9a-f]{32}$/;
const DAY = /^\d{4}-\d\d-\d\d$/;

export const isDelivery = (value: string) => DELIVERY.test(value);

export const months = (told: Record<string, unknown>): Month => ({
  month: text(told.month, /^20\d\d-(0[1-9]|1[0-2])$/),
  organisation: text(told.organisation, ORGANISATION),
  currency: oneOf(told.currency, CURRENCIES),
});

export const entryFilters = (told: Record<string, unknown>): EntryFilter => ({
  account: oneOf(told.account, Object.keys(ACCOUNTS) as Account[]),
  kind: oneOf(told.kind, KINDS),
  currency: oneOf(told.currency, CURRENCIES),
  delivery: text(told.delivery, DELIVERY),
  organisation: text(told.organisation, ORGANISATION),
  from: text(told.from, DAY),
  to: text(told.to, DAY),
});

/** Where the reader is, as in `2026-11`. */
export function thisMonth(): string {
  const now = new Date();
  return `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, "0")}`;
}

/** So many months away from another. */
export function monthFrom(month: string, away: number): string {
  const at = new Date(`${month}-15T00:00:00Z`);
  at.setUTCMonth(at.getUTCMonth() + away);
  return at.toISOString().slice(0, 7);
}

/** The API's words: the first day, and the first that is not in it. */
export const monthSpan = (month: string) => ({ from: `${month}-01`, to: `${monthFrom(month, 1)}-01` });
