/** How a delivery's parts are said in few words. */
import type { Schemas } from "@/lib/api/client";

import type { Delivery } from "./queries";

/** As in `Avenida Paulista, 1578 · São Paulo`. */
export function place({ address }: Schemas["Stop"]): string {
  const street = [address.street, address.number].filter(Boolean).join(", ");
  return [street, address.city].filter(Boolean).join(" · ");
}

export const accepted = (delivery: Delivery) => delivery.offers.find(({ id }) => id === delivery.accepted_offer_id);
