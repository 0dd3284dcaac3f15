/** An area as its form holds it: text where the API wants ranges, one row a weekday where it wants open days. */
import type { Schemas } from "@/lib/api/client";

import type { Area } from "./areas";
import { ranges, shown } from "./parsing";

export interface Day {
  open: boolean;
  opens: string;
  closes: string;
}

export interface AreaValues extends Record<string, unknown> {
  name: string;
  enabled: boolean;
  timezone: string;
  ranges: string;
  latitude: number | string;
  longitude: number | string;
  km: number | string;
  days: Day[];
  cutOff: string;
  minutes: number | string;
  capacity: number | string;
}

const WEEK = [0, 1, 2, 3, 4, 5, 6];
const LAST = "23:59"; // a field of a page knows no later; it means the whole day

/** Several openings of one day are more than the form draws: then the first is shown and the others are kept. */
export function valuesOf(area: Area | undefined): AreaValues {
  const hours = area?.hours ?? WEEK.map((weekday) => ({ weekday, opens: "08:00:00", closes: "18:00:00" }));
  return {
    name: area?.name ?? "",
    enabled: area?.enabled ?? true,
    timezone: area?.timezone ?? "America/Sao_Paulo",
    ranges: shown(area?.postal_ranges),
    latitude: area?.radius?.latitude ?? "",
    longitude: area?.radius?.longitude ?? "",
    km: area?.radius ? area.radius.metres / 1000 : "",
    days: WEEK.map((weekday) => {
      const day = hours.find((each) => each.weekday === weekday);
      return {
        open: day !== undefined,
        opens: day?.opens.slice(0, 5) ?? "08:00",
        closes: day?.closes.slice(0, 5) ?? "18:00",
      };
    }),
    cutOff: area?.cut_off?.slice(0, 5) ?? "",
    minutes: area?.window_minutes ?? 60,
    capacity: area?.capacity ?? 100,
  };
}

export const hasCircle = (values: AreaValues): boolean => [values.latitude, values.longitude, values.km].some(filled);
const filled = (value: number | string) => value !== "";

/** What the API takes; `was` keeps what the form does not draw. */
export function bodyOf(values: AreaValues, was: Area | undefined): Schemas["AreaBody"] {
  const more = (was?.hours ?? []).filter(
    (each, index, all) => all.findIndex(({ weekday }) => weekday === each.weekday) !== index,
  );
  return {
    name: values.name.trim(),
    enabled: values.enabled,
    timezone: values.timezone.trim(),
    postal_ranges: ranges(values.ranges) ?? [],
    radius: hasCircle(values)
      ? {
          latitude: Number(values.latitude),
          longitude: Number(values.longitude),
          metres: Math.round(Number(values.km) * 1000),
        }
      : null,
    hours: [
      ...values.days.flatMap(({ open, opens, closes }, weekday) =>
        open ? [{ weekday, opens: `${opens}:00`, closes: closes === LAST ? "23:59:59.999999" : `${closes}:00` }] : [],
      ),
      ...more.filter(({ weekday }) => values.days[weekday]?.open),
    ],
    cut_off: values.cutOff ? `${values.cutOff}:00` : null,
    window_minutes: Number(values.minutes),
    capacity: Number(values.capacity),
  };
}
