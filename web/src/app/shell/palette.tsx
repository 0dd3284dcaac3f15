/** Ctrl-K: go anywhere, do anything, by typing. Loaded when it is first asked for. */
import "@mantine/spotlight/styles.layer.css";

import { Spotlight, type SpotlightActionGroupData } from "@mantine/spotlight";
import { IconLogout, IconMoon, IconSun } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import { usePlaces } from "./navigation";
import { useTheme } from "./preferences";

export function Palette({ onSignOut }: { onSignOut: () => void }) {
  const { t } = useTranslation(["app", "users"]);
  const go = useNavigate();
  const { setTheme } = useTheme();
  const places = usePlaces();
  const pages: SpotlightActionGroupData = {
    group: t("palette.pages"),
    actions: places.map(({ to, label, icon: Icon }) => ({
      id: to,
      label: t(label),
      leftSection: <Icon size={18} />,
      onClick: () => void go({ to }),
    })),
  };
  const actions: SpotlightActionGroupData = {
    group: t("palette.actions"),
    actions: [
      {
        id: "light",
        label: `${t("preferences.theme")}: ${t("preferences.light")}`,
        leftSection: <IconSun size={18} />,
        onClick: () => setTheme("light"),
      },
      {
        id: "dark",
        label: `${t("preferences.theme")}: ${t("preferences.dark")}`,
        leftSection: <IconMoon size={18} />,
        onClick: () => setTheme("dark"),
      },
      { id: "out", label: t("users:signOut"), leftSection: <IconLogout size={18} />, onClick: onSignOut },
    ],
  };
  return (
    <Spotlight
      shortcut={null}
      lockScroll={false}
      actions={[pages, actions]}
      nothingFound={t("palette.nothing")}
      searchProps={{ placeholder: t("palette.placeholder"), "aria-label": t("palette.placeholder") }}
    />
  );
}
