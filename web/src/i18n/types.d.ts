import "i18next";
import type words from "./pt-BR";
import type insights from "./pt-BR/insights.json";
import type ledger from "./pt-BR/ledger.json";
import type account from "./pt-BR/account.json";
import type organisation from "./pt-BR/organisation.json";
import type delivery from "./pt-BR/delivery.json";
import type imports from "./pt-BR/imports.json";
import type notifications from "./pt-BR/notifications.json";
import type sending from "./pt-BR/sending.json";
import type support from "./pt-BR/support.json";
import type track from "./pt-BR/track.json";
import type webhooks from "./pt-BR/webhooks.json";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "app";
    resources: typeof words & {
      deliveries: typeof delivery;
      imports: typeof imports;
      notifications: typeof notifications;
      insights: typeof insights;
      ledger: typeof ledger;
      sending: typeof sending;
      track: typeof track;
      webhooks: typeof webhooks;
      account: typeof account;
      organisation: typeof organisation;
      support: typeof support;
    };
  }
}
