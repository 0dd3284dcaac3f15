/** How a delivery's parts are said in few words. */
import { useTranslation } from "react-i18next";

import type { Schemas } from "@/lib/api/client";

import type { Delivery } from "./queries";

/** As in `Avenida Paulista, 1578 · São Paulo`. */
export function place({ address }: Schemas["Stop"]): string {
  const street = [address.street, address.number].filter(Boolean).join(", ");
  return [street, address.city].filter(Boolean).join(" · ");
}

export const accepted = (delivery: Delivery) => delivery.offers.find(({ id }) => id === delivery.accepted_offer_id);

export const standing = (offer: Schemas["OfferView"], now: number): boolean => Date.parse(offer.expires_at) > now;

/** A code in words, or as it is with its underscores gone. */
export function useReason(): (code: string) => string {
  const { t, i18n } = useTranslation("deliveries");
  return (code) =>
    i18n.exists(`reason.${code}`, { ns: "deliveries" })
      ? t(`reason.${code as "other"}`)
      : code.replaceAll("_", " ").replaceAll(".", " · ");
}
