/** Why somebody will not do it, in words; a reason not known yet is not read to anybody. */
import { useTranslation } from "react-i18next";

import type words from "@/i18n/pt-BR/sending.json";

export function useReason(): (code: string) => string {
  const { t, i18n } = useTranslation("sending");
  return (code) => t(i18n.exists(`reason.${code}`, { ns: "sending" }) ? `reason.${code as Reason}` : "reason.other");
}

type Reason = keyof (typeof words)["reason"];
