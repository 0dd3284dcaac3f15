/** Every type of event, told in two groups: a new one fails to compile until it is here. */
import type { Schemas } from "@/lib/api/client";

export type EventType = Schemas["EndpointCreate"]["events"][number];

const GROUP: Record<EventType, "moves" | "more"> = {
  "delivery.requested": "moves",
  "delivery.quoting": "more",
  "delivery.quoted": "moves",
  "delivery.expired": "more",
  "delivery.booking": "more",
  "delivery.booked": "moves",
  "delivery.picked_up": "moves",
  "delivery.in_transit": "moves",
  "delivery.out_for_delivery": "moves",
  "delivery.ready_for_collection": "moves",
  "delivery.delivered": "moves",
  "delivery.attempt_failed": "moves",
  "delivery.returning": "moves",
  "delivery.returned": "moves",
  "delivery.cancelled": "moves",
  "delivery.lost": "moves",
  "delivery.failed": "moves",
  "delivery.attention": "more",
  "delivery.waiting": "more",
  "delivery.cancel_requested": "more",
  "delivery.cancel_refused": "more",
  "delivery.decided": "more",
};

export const EVENTS = Object.keys(GROUP) as EventType[];
export const eventsOf = (group: "moves" | "more") => EVENTS.filter((each) => GROUP[each] === group);
export const isEvent = (value: string): value is EventType => Object.hasOwn(GROUP, value);

/** The part after the dot, which the words are kept by. */
export const wordOf = (event: EventType) => event.slice("delivery.".length) as Tail<EventType>;
type Tail<E extends string> = E extends `delivery.${infer T}` ? T : never;
