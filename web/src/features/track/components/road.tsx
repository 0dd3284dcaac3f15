/** How far it has come, as a road with its stops: no map, and nothing that tells where somebody lives. */
import { useTranslation } from "react-i18next";

import { STOPS } from "../progress";
import classes from "./road.module.css";

export function Road({ reached, tone }: { reached: number; tone: string | undefined }) {
  const { t } = useTranslation("track");
  return (
    <ol className={classes.road} aria-label={t("progress")} data-tone={tone}>
      {STOPS.map((stop, index) => (
        <li
          key={stop}
          data-behind={index < reached || undefined}
          aria-current={index === reached - 1 ? "step" : undefined}
        >
          <span>{t(`stop.${stop}`)}</span>
        </li>
      ))}
    </ol>
  );
}
