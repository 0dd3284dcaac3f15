/** Words that come with the pages that say them: the first load is short of room. */
import i18next from "i18next";

import type { Language } from ".";

const FILES = import.meta.glob<{ default: object }>(
  "./*/{account,delivery,imports,insights,ledger,notifications,organisation,sending,support,track,webhooks}.json",
);

/** Files of words that are in no language's bundle: a noun's own, and `delivery`, which is more of `deliveries`. */
export type Apart =
  | "account"
  | "delivery"
  | "imports"
  | "insights"
  | "ledger"
  | "notifications"
  | "organisation"
  | "sending"
  | "support"
  | "track"
  | "webhooks";

const wanted = new Set<Apart>();
const known = new Set<string>();

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
  const path = `./${language}/${noun}.json`;
  if (known.has(path)) return;
  const file = await FILES[path]?.();
  if (file) i18next.addResourceBundle(language, noun === "delivery" ? "deliveries" : noun, file.default, true, true);
  known.add(path);
}
