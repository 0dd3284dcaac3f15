/** Money, times and numbers as the language writes them. Components use `useFormat`; nothing formats by hand. */
import { useTranslation } from "react-i18next";

import type { Schemas } from "./api/client";

export type Money = Schemas["Money"];

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

/** A formatter is dear to make: each is made when it is first asked for, and kept. */
function once<Made>(make: () => Made): () => Made {
  let made: Made | undefined;
  return () => (made ??= make());
}

/** As `once`, for each of what there are few. */
function each<Made>(make: (of: string) => Made): (of: string) => Made {
  const made = new Map<string, Made>();
  return (of) => {
    const known = made.get(of) ?? make(of);
    made.set(of, known);
    return known;
  };
}

export const formats = each((language) => {
  const moments = (how: Intl.DateTimeFormatOptions) => once(() => new Intl.DateTimeFormat(language, how));
  const numbers = (how?: Intl.NumberFormatOptions) => once(() => new Intl.NumberFormat(language, how));
  const day = moments({ dateStyle: "medium" });
  const both = moments({ dateStyle: "medium", timeStyle: "short" });
  const short = moments({ day: "2-digit", month: "short", hour: "2-digit", minute: "2-digit" });
  const time = moments({ timeStyle: "short" });
  const month = moments({ month: "long", year: "numeric", timeZone: "UTC" });
  const dayOnly = moments({ day: "2-digit", month: "short", timeZone: "UTC" });
  const wholeDay = moments({ dateStyle: "medium", timeZone: "UTC" });
  const number = numbers();
  const plain = numbers({ minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const part = numbers({ style: "percent", maximumFractionDigits: 1 });
  const price = each((currency) => new Intl.NumberFormat(language, { style: "currency", currency }));
  const currencies = once(() => new Intl.DisplayNames(language, { type: "currency" }));
  const ago = once(() => new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" }));
  const length = each(
    (unit) =>
      new Intl.NumberFormat(language, {
        style: "unit",
        unit,
        unitDisplay: "short",
        maximumFractionDigits: unit === "hour" || unit === "day" ? 1 : 0,
      }),
  );
  return {
    /** Minor units in, as in `R$ 12,90`. */
    money: ({ amount, currency }: Money) =>
      price(currency)
        .format((amount || 0) / 100)
        .replace("-", "\u2212"),
    number: (value: number) => number().format(value),
    /** Minor units without their currency, for a column that names it once; a minus that is seen and read out. */
    amount: (minor: number) =>
      plain()
        .format((minor || 0) / 100)
        .replace("-", "\u2212"),
    /** As in `Real brasileiro`. */
    currency: (code: string) => {
      const name = currencies().of(code) ?? code;
      return name.charAt(0).toLocaleUpperCase(language) + name.slice(1);
    },
    /** 0.942 is `94,2%`. */
    percent: (value: number) => part().format(value),
    /** Seconds in the unit that fits, as in `42 min`, `3,5 h`. */
    duration: (seconds: number) => {
      if (seconds < 60) return length("second").format(Math.round(seconds));
      if (seconds < 5400) return length("minute").format(Math.round(seconds / 60));
      if (seconds < 2 * 86_400) return length("hour").format(seconds / 3600);
      return length("day").format(seconds / 86_400);
    },
    /** Of a calendar day (`2026-11-25`), which is the same day everywhere. */
    date: (day: string) => wholeDay().format(new Date(`${day}T00:00:00Z`)),
    shortDate: (day: string) => dayOnly().format(new Date(`${day}T00:00:00Z`)),
    /** `2026-11` as in `novembro de 2026`. */
    month: (yearMonth: string) => month().format(new Date(`${yearMonth}-01T00:00:00Z`)),
    day: (at: string) => day().format(new Date(at)),
    dateTime: (at: string) => both().format(new Date(at)),
    shortDateTime: (at: string) => short().format(new Date(at)),
    time: (at: string) => time().format(new Date(at)),
    /** As in `há 5 min`, `in 2 hr.` */
    fromNow: (at: string, now: number) => {
      const seconds = (new Date(at).getTime() - now) / 1000;
      const [unit, size] = STEPS.find(([, size]) => Math.abs(seconds) >= size) ?? ["minute" as const, 60];
      return ago().format(Math.trunc(seconds / size), unit);
    },
  };
});

export function useFormat() {
  const { i18n } = useTranslation();
  return formats(i18n.language);
}
