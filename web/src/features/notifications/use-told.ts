/** What happened, in words; a type that is newer than this page is shown as it is. */
import { useTranslation } from "react-i18next";

export function useEventName(): (type: string) => string {
  const { t, i18n } = useTranslation("notifications");
  return (type) => {
    const key = `event.${type.replace("delivery.", "")}` as "event.booked";
    return i18n.exists(key, { ns: "notifications" }) ? (t(key) as string) : type;
  };
}

export function useTold(): (notice: { type: string; attention?: string | null }) => string {
  const { t, i18n } = useTranslation("deliveries");
  const name = useEventName();
  return ({ type, attention }) => {
    const key = `attention.${attention}.title` as "attention.unbookable.title";
    return attention && i18n.exists(key, { ns: "deliveries" }) ? (t(key) as string) : name(type);
  };
}
