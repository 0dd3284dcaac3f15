/** The frame of the app: navigation beside (below, on a phone), the bar above, the page. */
import { ActionIcon, Menu, Popover, Text, UnstyledButton } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { IconBell, IconLogout, IconSearch, IconUserCircle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useNavigate, useRouterState } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";

import { meQuery, useSignOut } from "@/features/users/queries";
import { useSession } from "@/lib/session";
import { Brand } from "@/ui/brand";

import { useLive } from "./live";
import { PLACES, placeOf } from "./navigation";
import { OfflineBanner } from "./offline";
import { LanguageSwitch, ThemeSwitch } from "./preferences";
import classes from "./shell.module.css";

const Palette = lazy(() => import("./palette").then((made) => ({ default: made.Palette })));

export function Shell() {
  const { t } = useTranslation(["app", "users"]);
  const session = useSession();
  useLive(session?.organisationId);
  const go = useNavigate();
  const signOut = useSignOut(() => void go({ to: "/sign-in", search: {} }));
  const here = useRouterState({ select: ({ location }) => placeOf(location.pathname) });
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
        {PLACES.map(({ to, label, icon: Icon }) => (
          <Link
            key={to}
            to={to}
            className={classes.place}
            activeOptions={{ exact: true }}
            aria-current={to === here ? "page" : undefined}
          >
            <Icon size={20} stroke={1.75} aria-hidden />
            <span>{t(label)}</span>
          </Link>
        ))}
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
            <Notices />
            <LanguageSwitch />
            <ThemeSwitch />
            <Account onSignOut={() => signOut.mutate()} />
          </div>
        </header>
        <main id="content" tabIndex={-1} className={classes.main}>
          <Outlet />
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

/** The place of what the organisation is told of. */
function Notices() {
  const { t } = useTranslation();
  return (
    <Popover position="bottom-end" withinPortal={false}>
      <Popover.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          c="var(--mantine-color-text)"
          size="lg"
          aria-label={t("notifications.title")}
        >
          <IconBell size={18} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown>
        <Text size="sm">{t("notifications.empty")}</Text>
      </Popover.Dropdown>
    </Popover>
  );
}

/** Who is here, and for which organisation: the place of the organisation switcher. */
function Account({ onSignOut }: { onSignOut: () => void }) {
  const { t } = useTranslation(["app", "users"]);
  const { data: me } = useQuery(meQuery);
  return (
    <Menu position="bottom-end" withinPortal={false}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" c="var(--mantine-color-text)" size="lg" aria-label={t("account")}>
          <IconUserCircle size={20} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {me && (
          <div className={classes.me}>
            <Text size="sm" fw={600}>
              {me.name}
            </Text>
            <Text size="xs" c="dimmed">
              {me.email}
            </Text>
          </div>
        )}
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={onSignOut}>
          {t("users:signOut")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
