/** What a draft must be before it is sent; the server has the last word, whose fields have other names. */
import { useTranslation } from "react-i18next";

import { fieldErrors } from "@/ui/form";

import { decimal, digits, phone, type Draft } from "./draft";

type Wrong = string | null;

const MAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

export function useDraftRules() {
  const { t } = useTranslation("sending");
  const filled = (value: string): Wrong => (value.trim() ? null : t("wrong.required"));
  const own = (value: string, { size }: Draft): Wrong =>
    size !== "own" || decimal(value) > 0 ? null : t("wrong.number");
  const place = {
    postal_code: (value: string): Wrong => (digits(value).length === 8 ? null : t("wrong.cep")),
    street: filled,
    district: filled,
    city: filled,
    state: (value: string): Wrong => (/^[a-z]{2}$/i.test(value.trim()) ? null : t("wrong.state")),
  };
  // In the order in which they are read: the first that is wrong gets the focus.
  const stop = {
    name: filled,
    phone: (value: string): Wrong => {
      const told = phone(value);
      return told === null || /^\+[1-9]\d{9,14}$/.test(told) ? null : t("wrong.phone");
    },
    ...place,
    number: filled,
  };
  const mail = (value: string): Wrong => (!value.trim() || MAIL.test(value.trim()) ? null : t("wrong.email"));
  const toldBy = (value: string, { notify }: Draft): Wrong =>
    notify === "yes" && !value.trim() ? t("wrong.noEmail") : mail(value);
  const parcel = { weight: own, length: own, width: own, height: own };
  const future = (value: string): Wrong => (value && Date.parse(value) > Date.now() ? null : t("wrong.future"));
  return {
    place: { pickup: place, dropoff: place, ...parcel },
    whole: {
      pickup: { ...stop, email: mail },
      dropoff: { ...stop, email: toldBy },
      ...parcel,
      value: (value: string): Wrong => (!value.trim() || decimal(value) >= 0 ? null : t("wrong.number")),
      readyAt: (value: string, { when }: Draft) => (when === "later" ? future(value) : null),
      by: (value: string, { choose }: Draft) => (choose === "cheapest_by" ? future(value) : null),
    },
  };
}

const OURS: [RegExp, string][] = [
  [/^(pickup|dropoff)\.(?:contact|address)\./, "$1."],
  [/^parcels\.0\.weight_g$/, "weight"],
  [/^parcels\.0\.(length|width|height)_mm$/, "$1"],
  [/^parcels\.0\.declared_value.*$/, "value"],
  [/^parcels\.0\./, ""],
  [/^ready_at$/, "readyAt"],
  [/^choice\.by$/, "by"],
  [/^notify_recipient$/, "notify"],
];

/** The server's words by the draft's fields. */
export const draftErrors = (error: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.entries(fieldErrors(error)).map(([name, said]) => [
      OURS.reduce((known, [theirs, ours]) => known.replace(theirs, ours), name),
      said,
    ]),
  );
