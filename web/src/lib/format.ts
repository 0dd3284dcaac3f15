/** Money, times and numbers as the language writes them. Components use `useFormat`; nothing formats by hand. */
import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import type { Schemas } from "./api/client";

export type Money = Schemas["Money"];

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

export function formats(language: string) {
  const day = new Intl.DateTimeFormat(language, { dateStyle: "medium" });
  const both = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
  const short = new Intl.DateTimeFormat(language, {
    day: "2-digit",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
  });
  const time = new Intl.DateTimeFormat(language, { timeStyle: "short" });
  const number = new Intl.NumberFormat(language);
  const ago = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
  return {
    /** Minor units in, as in `R$ 12,90`. */
    money: ({ amount, currency }: Money) =>
      new Intl.NumberFormat(language, { style: "currency", currency }).format(amount / 100),
    number: (value: number) => number.format(value),
    day: (at: string) => day.format(new Date(at)),
    dateTime: (at: string) => both.format(new Date(at)),
    shortDateTime: (at: string) => short.format(new Date(at)),
    time: (at: string) => time.format(new Date(at)),
    /** As in `há 5 min`, `in 2 hr.` */
    fromNow: (at: string, now: number) => {
      const seconds = (new Date(at).getTime() - now) / 1000;
      const [unit, size] = STEPS.find(([, size]) => Math.abs(seconds) >= size) ?? ["minute" as const, 60];
      return ago.format(Math.trunc(seconds / size), unit);
    },
  };
}

export function useFormat() {
  const { i18n } = useTranslation();
  return useMemo(() => formats(i18n.language), [i18n.language]);
}
