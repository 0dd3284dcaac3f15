/** The name, as a mark. */
import { useTranslation } from "react-i18next";

import classes from "./brand.module.css";

export function Brand() {
  const { t } = useTranslation();
  return (
    <span className={classes.brand}>
      <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden>
        <rect width="32" height="32" rx="8" className={classes.ground} />
        <path d="M9 10.5h9.5M9 16h14M9 21.5h9.5" stroke="#fff" strokeWidth="3" strokeLinecap="round" />
      </svg>
      {t("name")}
    </span>
  );
}
