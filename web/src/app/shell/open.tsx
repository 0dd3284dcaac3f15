/** The frame of pages for anybody: the mark, one card, language and theme. */
import { Group } from "@mantine/core";
import { Outlet } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import { Brand } from "@/ui/brand";

import classes from "./open.module.css";
import { LanguageSwitch, ThemeSwitch } from "./preferences";

export function Open() {
  const { t } = useTranslation("users");
  return (
    <div className={classes.frame}>
      <aside className={classes.aside}>
        <Brand />
        <div>
          <p className={classes.lead}>{t("welcome.title")}</p>
          <p className={classes.detail}>{t("welcome.detail")}</p>
        </div>
        <svg className={classes.route} viewBox="0 0 320 120" fill="none" aria-hidden>
          <path
            d="M8 104C72 104 64 20 136 20s76 64 128 64 40-40 48-64"
            strokeWidth="2"
            strokeDasharray="2 7"
            strokeLinecap="round"
          />
          <circle cx="8" cy="104" r="6" />
          <circle cx="312" cy="18" r="6" />
        </svg>
      </aside>
      <div className={classes.side}>
        <header className={classes.header}>
          <span className={classes.small}>
            <Brand />
          </span>
          <Group gap="xs" ml="auto">
            <LanguageSwitch />
            <ThemeSwitch />
          </Group>
        </header>
        <main className={classes.main}>
          <Outlet />
        </main>
      </div>
    </div>
  );
}
