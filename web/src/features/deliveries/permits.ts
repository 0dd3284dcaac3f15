/** Why something cannot be asked now: the API says what may be, this says what to tell whoever looks for the rest. */
import type { Session } from "@/lib/session";

import { standing } from "./naming";
import type { Delivery, Status } from "./queries";

export const ACTIONS = ["accept", "quote_again", "cancel", "decide", "retry_booking"] as const;
export type Action = (typeof ACTIONS)[number];

export type WhyNot =
  | "ended" | "viewer" | "erased" | "quoting" | "offersGone" | "chosen" | "pickedUp" | "notYetPickedUp" | "notStuck"
  | "cancelling"; // prettier-ignore

const FINAL: Status[] = ["expired", "delivered", "returned", "cancelled", "lost", "failed"];
export const isFinal = (status: Status): boolean => FINAL.includes(status);

const STAFF = ["support", "admin"];
export const isStaff = (session: Session | null): boolean => STAFF.includes(session?.role ?? "");

/** Null where it may be asked. */
export function whyNot(delivery: Delivery, action: Action, session: Session | null, now: number): WhyNot | null {
  const { status } = delivery;
  if (delivery.erased) return "erased";
  if (isFinal(status)) return "ended";
  if (session?.orgRole === "viewer" && !isStaff(session)) return "viewer";
  if (action === "cancel" && delivery.cancel_requested) return "cancelling";
  if (action === "accept" && status === "quoted" && !delivery.offers.some((each) => standing(each, now)))
    return "offersGone";
  if (delivery.allowed.includes(action)) return null;
  switch (action) {
    case "accept":
    case "quote_again":
      return status === "quoting" ? "quoting" : status === "quoted" ? "offersGone" : "chosen";
    case "cancel":
      return "pickedUp";
    case "decide":
      return "notYetPickedUp";
    case "retry_booking":
      return "notStuck";
  }
}
