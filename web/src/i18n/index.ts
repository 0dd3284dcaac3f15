/** The languages. One file per noun in each; keys are typed by the Portuguese ones, and a test holds both together. */
import i18next from "i18next";
import { initReactI18next } from "react-i18next";

import { learnWanted } from "./apart";

export const LANGUAGES = ["pt-BR", "en"] as const;
export type Language = (typeof LANGUAGES)[number];

const KEPT = "entrega.language";
const load = { "pt-BR": () => import("./pt-BR"), en: () => import("./en") };

/** As `first.js` found it, before anything was drawn. */
const preferred = (): Language => LANGUAGES.find((each) => each === document.documentElement.lang) ?? LANGUAGES[0];

export async function startI18n(language: Language = preferred()): Promise<void> {
  await i18next.use(initReactI18next).init({
    resources: {},
    partialBundledLanguages: true,
    lng: language,
    fallbackLng: false,
    defaultNS: "app",
    interpolation: { escapeValue: false },
    showSupportNotice: false,
  });
  await speak(language);
  // What was chosen in one tab is spoken in all.
  window.addEventListener("storage", ({ key, newValue }) => {
    const chosen = LANGUAGES.find((each) => each === newValue);
    if (key === KEPT && chosen) void speak(chosen);
  });
}

/** Changes the language of the page; `keep` remembers it. */
export async function speak(language: Language, keep = false): Promise<void> {
  const [{ default: words }] = await Promise.all([load[language](), learnWanted(language)]);
  for (const [noun, told] of Object.entries(words)) i18next.addResourceBundle(language, noun, told, true, true);
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
  if (keep) localStorage.setItem(KEPT, language);
}
