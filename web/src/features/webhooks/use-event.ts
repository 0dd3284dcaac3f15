/** An event's type as people say it. */
import { useTranslation } from "react-i18next";

import { isEvent, wordOf } from "./events";

export function useEventName(): (type: string) => string {
  const { t } = useTranslation("webhooks");
  return (type) => {
    if (type === "ping") return t("event.ping");
    return isEvent(type) ? t(`event.${wordOf(type)}`) : type;
  };
}
