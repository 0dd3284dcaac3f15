/** A status by colour and word; never by colour alone. */
import { useTranslation } from "react-i18next";

import type { Status } from "../queries";
import { TONES } from "../status";
import classes from "./status-badge.module.css";

export function StatusBadge({ status }: { status: Status }) {
  const { t } = useTranslation("deliveries");
  return (
    <span className={classes.badge} data-tone={TONES[status]}>
      {t(`status.${status}`)}
    </span>
  );
}
