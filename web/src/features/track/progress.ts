/** What a status means to whoever waits for the parcel, and how far it has come. */
import type words from "@/i18n/pt-BR/track.json";

type Head = keyof (typeof words)["head"];

export const STOPS = ["booked", "picked_up", "out_for_delivery", "delivered"] as const;

interface Meaning {
  head: Head;
  /** How many stops are behind it. */
  reached: number;
  tone?: "good" | "bad" | "over";
  note?: "attempt" | "ended";
}

const MEANING: Record<string, Meaning> = {
  booked: { head: "booked", reached: 1 },
  picked_up: { head: "moving", reached: 2 },
  in_transit: { head: "moving", reached: 2 },
  out_for_delivery: { head: "near", reached: 3 },
  ready_for_collection: { head: "collect", reached: 3 },
  delivered: { head: "delivered", reached: 4, tone: "good" },
  attempt_failed: { head: "attempt", reached: 3, tone: "bad", note: "attempt" },
  returning: { head: "returning", reached: 3, tone: "bad" },
  returned: { head: "returned", reached: 3, tone: "over", note: "ended" },
  cancelled: { head: "cancelled", reached: 0, tone: "over", note: "ended" },
  expired: { head: "stopped", reached: 0, tone: "over", note: "ended" },
  failed: { head: "stopped", reached: 0, tone: "over", note: "ended" },
  lost: { head: "lost", reached: 2, tone: "bad", note: "ended" },
};

const WAITING: Meaning = { head: "waiting", reached: 0 };

/** A status of tomorrow's API is still on its way. */
export const meaning = (status: string): Meaning => MEANING[status] ?? WAITING;
