/** How many wait to be read; the latest of them are loaded when they are first wanted. */
import { IconBell } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { lazy } from "react";
import { useTranslation } from "react-i18next";

import { MenuButton } from "@/app/shell/menu-button";
import { withWords } from "@/i18n/apart";

import { unreadQuery } from "../queries";
import classes from "./bell.module.css";

const load = withWords("notifications", () => import("./notices"));
const Notices = lazy(() => load().then((made) => ({ default: made.Notices })));
const MOST = 9;

export function Bell() {
  const { t } = useTranslation();
  const { data } = useQuery(unreadQuery);
  const count = data?.count ?? 0;
  return (
    <MenuButton
      popup="dialog"
      label={count > 0 ? t("notifications.unread", { count }) : t("notifications.title")}
      icon={
        <>
          <IconBell size={18} />
          {count > 0 && (
            <span className={classes.count} aria-hidden>
              {count > MOST ? t("notifications.many", { most: MOST }) : count}
            </span>
          )}
        </>
      }
    >
      {(frame) => <Notices {...frame} />}
    </MenuButton>
  );
}
