/** How entries are said: the kind, and what a memo's code means. */
import { useTranslation } from "react-i18next";

import type { Entry } from "./queries";

export const REASONS = [
  "damaged_parcel",
  "late",
  "lost_parcel",
  "wrong_price",
  "charged_twice",
  "goodwill",
  "waiting_time",
  "carrier_invoice",
  "other",
] as const;

export function useLedgerWords() {
  const { t } = useTranslation("ledger");
  const reason = (code: string) => {
    const known = REASONS.find((each) => each === code);
    return known ? t(`reason.${known}`) : code.replaceAll("_", " ");
  };
  return {
    reason,
    /** As in `Ajuste (atraso)`. */
    what: ({ kind, memo }: Entry) => (memo ? `${t(`kind.${kind}`)} (${reason(memo)})` : t(`kind.${kind}`)),
  };
}
