/** A group's key as people say it. */
import { useTranslation } from "react-i18next";

import { useFormat } from "@/lib/format";

import type { Grouping } from "./filter";
import { carrierName } from "./naming";

export function useNameOf(by: Grouping): (key: string) => string {
  const { t } = useTranslation("insights");
  const format = useFormat();
  return (key) => {
    if (key === "none") return t("noCarrier");
    if (by === "day") return format.shortDate(key);
    if (by === "carrier") return carrierName(key);
    if (by === "service") return key === "express" || key === "standard" ? t(`service.${key}`) : key;
    return key;
  };
}
