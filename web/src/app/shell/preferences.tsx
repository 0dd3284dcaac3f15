/** Language and theme. */
import { useMantineColorScheme } from "@mantine/core";
import { IconDeviceDesktop, IconLanguage, IconMoon, IconSun } from "@tabler/icons-react";
import { lazy } from "react";
import { useTranslation } from "react-i18next";

import { MenuButton } from "./menu-button";

const THEMES = { light: IconSun, dark: IconMoon, auto: IconDeviceDesktop } as const;

const ThemeMenu = lazy(() => import("./menus").then((made) => ({ default: made.ThemeMenu })));
const LanguageMenu = lazy(() => import("./menus").then((made) => ({ default: made.LanguageMenu })));

export function useTheme() {
  // Without transitions it would write a <style> element.
  const { colorScheme, setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  return { theme: colorScheme, setTheme: setColorScheme };
}

export function ThemeSwitch() {
  const { t } = useTranslation();
  const { theme } = useTheme();
  const Now = THEMES[theme];
  return (
    <MenuButton label={t("preferences.theme")} icon={<Now size={18} />}>
      {(frame) => <ThemeMenu {...frame} />}
    </MenuButton>
  );
}

export function LanguageSwitch() {
  const { t } = useTranslation();
  return (
    <MenuButton label={t("preferences.language")} icon={<IconLanguage size={18} />}>
      {(frame) => <LanguageMenu {...frame} />}
    </MenuButton>
  );
}
