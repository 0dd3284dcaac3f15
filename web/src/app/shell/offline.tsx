/** Says that what is shown may be old, and that we are at it. */
import { useNetwork } from "@mantine/hooks";
import { IconCloudOff } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import { useLiveState } from "@/lib/live";

import classes from "./shell.module.css";

export function OfflineBanner() {
  const { t } = useTranslation();
  const { online } = useNetwork();
  const live = useLiveState();
  const away = !online || live === "away";
  return (
    <div role="status" aria-live="polite">
      {away && (
        <p className={classes.banner}>
          <IconCloudOff size={16} aria-hidden />
          {t(online ? "offline.away" : "offline.network")}
        </p>
      )}
    </div>
  );
}
