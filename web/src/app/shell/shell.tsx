/** The frame of the app: navigation beside (below, on a phone), the bar above, the page. */
import { UnstyledButton } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { IconSearch, IconUserCircle } from "@tabler/icons-react";
import { Outlet, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";

import { Bell } from "@/features/notifications/components/bell";
import { useSignOut } from "@/features/users/queries";
import { useSession } from "@/lib/session";
import { Brand } from "@/ui/brand";
import { InSlices } from "@/ui/slices";

import { useLive } from "./live";
import { MenuButton } from "./menu-button";
import { OfflineBanner } from "./offline";
import { Places } from "./places";
import { LanguageSwitch, ThemeSwitch } from "./preferences";
import classes from "./shell.module.css";

const Palette = lazy(() => import("./palette").then((made) => ({ default: made.Palette })));
const AccountMenu = lazy(() => import("./menus").then((made) => ({ default: made.AccountMenu })));

export function Shell() {
  const { t } = useTranslation(["app", "users"]);
  const session = useSession();
  useLive(session?.organisationId);
  const go = useNavigate();
  const signOut = useSignOut(() => void go({ to: "/sign-in", search: {} }));
  const [palette, setPalette] = useState(false);
  const openPalette = () => {
    setPalette(true);
    void import("@mantine/spotlight").then(({ spotlight }) => spotlight.open());
  };
  useHotkeys([["mod+K", openPalette]], []);
  return (
    <div className={classes.frame}>
      <a className={classes.skip} href="#content">
        {t("skip")}
      </a>
      <nav className={classes.rail} aria-label={t("navigation")}>
        <span className={classes.brand}>
          <Brand />
        </span>
        <Places />
      </nav>
      <div className={classes.side}>
        <OfflineBanner />
        <header className={classes.bar}>
          <span className={classes.small}>
            <Brand />
          </span>
          <UnstyledButton
            className={classes.search}
            onClick={openPalette}
            aria-label={`${t("palette.open")} ${t("palette.keys")}`}
            aria-keyshortcuts="Control+K"
          >
            <IconSearch size={16} aria-hidden />
            <span className={classes.words}>{t("palette.open")}</span>
            <kbd className={classes.words}>{t("palette.keys")}</kbd>
          </UnstyledButton>
          <div className={classes.tools}>
            <InSlices>
              <Bell />
              <LanguageSwitch />
              <ThemeSwitch />
              <MenuButton label={t("account")} icon={<IconUserCircle size={20} />}>
                {(frame) => <AccountMenu {...frame} onSignOut={() => signOut.mutate()} />}
              </MenuButton>
            </InSlices>
          </div>
        </header>
        <main id="content" tabIndex={-1} className={classes.main}>
          <InSlices>
            <Outlet />
          </InSlices>
        </main>
      </div>
      {palette && (
        <Suspense>
          <Palette onSignOut={() => signOut.mutate()} />
        </Suspense>
      )}
    </div>
  );
}
