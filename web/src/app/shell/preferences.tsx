/** Language and theme. */
import { ActionIcon, Menu, useMantineColorScheme, type MantineColorScheme } from "@mantine/core";
import { IconDeviceDesktop, IconLanguage, IconMoon, IconSun } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import { LANGUAGES, speak } from "@/i18n";

const THEMES = { light: IconSun, dark: IconMoon, auto: IconDeviceDesktop } as const;

export function useTheme() {
  // Without transitions it would write a <style> element.
  const { colorScheme, setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  return { theme: colorScheme, setTheme: setColorScheme };
}

export function ThemeSwitch() {
  const { t } = useTranslation();
  const { theme, setTheme } = useTheme();
  const Now = THEMES[theme];
  return (
    <Menu position="bottom-end" withinPortal={false}>
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          c="var(--mantine-color-text)"
          size="lg"
          aria-label={t("preferences.theme")}
        >
          <Now size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {(Object.keys(THEMES) as MantineColorScheme[]).map((each) => {
          const Icon = THEMES[each];
          return (
            <Menu.Item
              key={each}
              role="menuitemradio"
              aria-checked={each === theme}
              leftSection={<Icon size={16} />}
              onClick={() => setTheme(each)}
            >
              {t(`preferences.${each === "auto" ? "system" : each}`)}
            </Menu.Item>
          );
        })}
      </Menu.Dropdown>
    </Menu>
  );
}

export function LanguageSwitch() {
  const { t, i18n } = useTranslation();
  return (
    <Menu position="bottom-end" withinPortal={false}>
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          c="var(--mantine-color-text)"
          size="lg"
          aria-label={t("preferences.language")}
        >
          <IconLanguage size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {LANGUAGES.map((each) => (
          <Menu.Item
            key={each}
            lang={each}
            role="menuitemradio"
            aria-checked={each === i18n.language}
            onClick={() => void speak(each, true)}
          >
            {t(`preferences.${each}`)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
