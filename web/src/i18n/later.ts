/** Words of a few pages, loaded with them and not before: `words("sending")` beside the page's code. */
import type { Language } from ".";

export const later = {
  "pt-BR": {
    account: () => import("./pt-BR/account.json"),
    organisation: () => import("./pt-BR/organisation.json"),
    support: () => import("./pt-BR/support.json"),
    sending: () => import("./pt-BR/sending.json"),
    track: () => import("./pt-BR/track.json"),
  },
  en: {
    account: () => import("./en/account.json"),
    organisation: () => import("./en/organisation.json"),
    support: () => import("./en/support.json"),
    sending: () => import("./en/sending.json"),
    track: () => import("./en/track.json"),
  },
} satisfies Record<Language, object>;

export type Later = keyof (typeof later)["pt-BR"];
