/** The menus of the bar. They come open: whoever has them loaded has asked for one. */
import { Menu, type MantineColorScheme } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { AccountItems } from "@/features/account/components/menu";
import { LANGUAGES, speak, type Language } from "@/i18n";

import type { MenuFrame } from "./menu-button";
import { useTheme } from "./preferences";

function Frame({ target, onClose, children }: MenuFrame & { children: ReactNode }) {
  return (
    <Menu defaultOpened position="bottom-end" withinPortal={false} onClose={onClose}>
      <Menu.Target>{target}</Menu.Target>
      <Menu.Dropdown>{children}</Menu.Dropdown>
    </Menu>
  );
}

export function ThemeMenu(frame: MenuFrame) {
  const { t } = useTranslation();
  const { theme, setTheme } = useTheme();
  return (
    <Frame {...frame}>
      <Menu.RadioGroup value={theme} onChange={(value) => setTheme(value as MantineColorScheme)}>
        {(["light", "dark", "auto"] as const).map((each) => (
          <Menu.RadioItem key={each} value={each} closeMenuOnClick>
            {t(`preferences.${each === "auto" ? "system" : each}`)}
          </Menu.RadioItem>
        ))}
      </Menu.RadioGroup>
    </Frame>
  );
}

export function LanguageMenu(frame: MenuFrame) {
  const { t, i18n } = useTranslation();
  return (
    <Frame {...frame}>
      <Menu.RadioGroup value={i18n.language} onChange={(value) => void speak(value as Language, true)}>
        {LANGUAGES.map((each) => (
          <Menu.RadioItem key={each} value={each} lang={each} closeMenuOnClick>
            {t(`preferences.${each}`)}
          </Menu.RadioItem>
        ))}
      </Menu.RadioGroup>
    </Frame>
  );
}

/** Who is here, and for which organisation. */
export function AccountMenu({ onSignOut, ...frame }: MenuFrame & { onSignOut: () => void }) {
  return (
    <Frame {...frame}>
      <AccountItems onSignOut={onSignOut} />
    </Frame>
  );
}
