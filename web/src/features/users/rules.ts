/** What a field must be before it is sent; the server has the last word. */
import { useTranslation } from "react-i18next";

const SHORTEST = 15;

export function useRules() {
  const { t } = useTranslation("users");
  return {
    filled: (value: string) => (value.trim() ? null : t("required")),
    email: (value: string) => (/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value.trim()) ? null : t("emailWrong")),
    newPassword: (value: string) => (value.length >= SHORTEST ? null : t("passwordShort")),
  };
}
