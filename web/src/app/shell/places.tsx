/** The navigation's links: all in the rail; on a phone the first in a bar, and the rest in a sheet above it. */
import { IconDots } from "@tabler/icons-react";
import { Link, useRouterState } from "@tanstack/react-router";
import { useId, useRef } from "react";
import { useTranslation } from "react-i18next";

import { placeOf, usePlaces, type Place } from "./navigation";
import classes from "./shell.module.css";

/** What a phone has room for beside the button. */
const IN_THE_BAR = 4;

export function Places() {
  const { t } = useTranslation();
  const here = useRouterState({ select: ({ location }) => placeOf(location.pathname) });
  const places = usePlaces();
  const sheet = useRef<HTMLDivElement>(null);
  const id = useId();
  const further = places.slice(IN_THE_BAR);
  const draw = ({ to, label, icon: Icon }: Place) => (
    <Link
      key={to}
      to={to}
      className={classes.place}
      activeOptions={{ exact: true }}
      aria-current={to === here ? "page" : undefined}
      onClick={() => sheet.current?.hidePopover?.()}
    >
      <Icon size={20} stroke={1.75} aria-hidden />
      <span>{t(label)}</span>
    </Link>
  );
  return (
    <>
      {places.slice(0, IN_THE_BAR).map(draw)}
      {/* The browser itself opens and closes it, says so to screen readers, and brings the focus back. */}
      <button
        type="button"
        className={`${classes.place} ${classes.more}`}
        popoverTarget={id}
        data-current={further.some(({ to }) => to === here) || undefined}
      >
        <IconDots size={20} stroke={1.75} aria-hidden />
        <span>{t("places.more")}</span>
      </button>
      <div id={id} ref={sheet} popover="auto" className={classes.sheet}>
        {further.map(draw)}
      </div>
    </>
  );
}
