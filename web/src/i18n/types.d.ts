import "i18next";
import type words from "./pt-BR";
import type account from "./pt-BR/account.json";
import type organisation from "./pt-BR/organisation.json";
import type sending from "./pt-BR/sending.json";
import type support from "./pt-BR/support.json";
import type track from "./pt-BR/track.json";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "app";
    resources: typeof words & {
      account: typeof account;
      organisation: typeof organisation;
      sending: typeof sending;
      support: typeof support;
      track: typeof track;
    };
  }
}
