/** Every status and how it looks: a new one fails to compile until it is here. */
import type { Tone } from "@/ui/dot";

import type { Status } from "./queries";

export const TONES: Record<Status, Tone> = {
  quoting: "waiting",
  quoted: "waiting",
  booking: "waiting",
  booked: "moving",
  picked_up: "moving",
  in_transit: "moving",
  out_for_delivery: "moving",
  ready_for_collection: "waiting",
  delivered: "good",
  attempt_failed: "bad",
  returning: "bad",
  returned: "over",
  cancelled: "over",
  expired: "over",
  lost: "bad",
  failed: "bad",
};

export const STATUSES = Object.keys(TONES) as Status[];

export const isStatus = (value: unknown): value is Status => typeof value === "string" && Object.hasOwn(TONES, value);
