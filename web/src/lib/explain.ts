/** The one translator of errors: a problem's `code` in the reader's language, else what the server said. */
import { useTranslation } from "react-i18next";

import { Refused, Unreachable } from "./api/problem";

export interface Explained {
  said: string;
  request: string | null;
}

export function useExplain(): (error: unknown) => Explained {
  const { t, i18n } = useTranslation("problems");
  return (error) => {
    if (error instanceof Unreachable) return { said: t("unreachable"), request: null };
    if (!(error instanceof Refused)) return { said: t("unknown"), request: null };
    const key = `code.${error.code}` as "code.invalid";
    const said: string = i18n.exists(key, { ns: "problems" })
      ? (t(key) as string)
      : (error.problem.detail ?? (t("unknown") as string));
    // Only what is our fault needs looking up.
    return { said, request: error.status >= 500 && error.requestId ? t("request", { id: error.requestId }) : null };
  };
}
