import "i18next";
import type words from "./pt-BR";
import type sending from "./pt-BR/sending.json";
import type track from "./pt-BR/track.json";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "app";
    resources: typeof words & { sending: typeof sending; track: typeof track };
  }
}
