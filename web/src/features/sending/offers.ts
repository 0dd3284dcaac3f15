/** How offers compare: the same sums as the server's rules. */
import type { Price } from "./queries";

export type Badge = "cheapest" | "fastest" | "bestValue";

const DAY_MS = 86_400_000;

/** When it would arrive, in ms; infinity where nobody says. */
export function arrival(offer: Price, now: number): number {
  if (offer.delivery_eta_at) return Date.parse(offer.delivery_eta_at);
  return offer.delivery_days == null ? Infinity : now + offer.delivery_days * DAY_MS;
}

const lasts = (offer: Price, now: number) => Math.max(1000, arrival(offer, now) - now);

/** Price and duration alike, each relative to the best there is; lower is better. */
function strain(offer: Price, among: Price[], now: number): number {
  const cheapest = Math.max(1, Math.min(...among.map(({ price }) => price.amount)));
  const soonest = Math.min(...among.map((each) => lasts(each, now)));
  return offer.price.amount / cheapest + (soonest < Infinity ? lasts(offer, now) / soonest : 1);
}

const first = <T extends Price>(offers: T[], by: (offer: T) => number): T | undefined =>
  offers.reduce<T | undefined>((best, each) => (best === undefined || by(each) < by(best) ? each : best), undefined);

/** What stands out, by place in the list; a single offer stands out from nothing. */
export function badges<T extends Price>(offers: T[], now: number): Map<T, Badge[]> {
  const told = new Map<T, Badge[]>();
  if (offers.length < 2) return told;
  const say = (offer: T | undefined, badge: Badge) => {
    if (offer) told.set(offer, [...(told.get(offer) ?? []), badge]);
  };
  say(bestValue(offers, now), "bestValue");
  say(
    first(offers, ({ price }) => price.amount),
    "cheapest",
  );
  const fastest = first(offers, (offer) => arrival(offer, now));
  if (fastest && arrival(fastest, now) < Infinity) say(fastest, "fastest");
  return told;
}

export const bestValue = <T extends Price>(offers: T[], now: number): T | undefined =>
  first(offers, (offer) => strain(offer, offers, now));
