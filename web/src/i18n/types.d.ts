import "i18next";
import type words from "./pt-BR";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "app";
    resources: typeof words;
  }
}
