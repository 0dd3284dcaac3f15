/** Words that come with the pages that say them: the first load is short of room. */
import i18next from "i18next";

import type { Language } from ".";

const FILES = import.meta.glob<{ default: object }>("./*/{account,insights,ledger,organisation,sending,support,track,webhooks}.json");

/** Nouns whose words are in no language's bundle. */
export type Apart = "account" | "organisation" | "support" | "insights" | "ledger" | "sending" | "track" | "webhooks";

const wanted = new Set<Apart>();

/** The words themselves; from then on every language brings them. */
export async function words(noun: Apart): Promise<void> {
  wanted.add(noun);
  await learn(noun, i18next.language as Language);
}

/** A page's code with its words: `lazyRouteComponent(withWords("insights", () => import(…)), …)`. */
export const withWords =
  <T>(noun: Apart, load: () => Promise<T>) =>
  async (): Promise<T> => {
    const [made] = await Promise.all([load(), words(noun)]);
    return made;
  };

/** What pages that were opened will need once this language is spoken. */
export const learnWanted = (language: Language) => Promise.all([...wanted].map((noun) => learn(noun, language)));

export async function learn(noun: Apart, language: Language): Promise<void> {
  if (i18next.hasResourceBundle(language, noun)) return;
  const file = await FILES[`./${language}/${noun}.json`]?.();
  if (file) i18next.addResourceBundle(language, noun, file.default, true, true);
}
