import { expect, test } from "vitest";

import type { Area } from "./areas";
import { bodyOf, valuesOf } from "./area-values";

const AREA: Area = {
  id: "area_1",
  name: "Centro",
  enabled: true,
  timezone: "America/Sao_Paulo",
  postal_ranges: [{ first: "01000000", last: "01999999" }],
  radius: { latitude: -23.55, longitude: -46.63, metres: 5500 },
  hours: [
    { weekday: 0, opens: "08:00:00", closes: "12:00:00" },
    { weekday: 0, opens: "14:00:00", closes: "18:00:00" },
    { weekday: 6, opens: "00:00:00", closes: "23:59:59.999999" },
  ],
  cut_off: "17:30:00",
  window_minutes: 30,
  capacity: 12,
};

test("what the form was given and nobody changed is what it sends", () => {
  const { id, ...body } = AREA;
  expect(id).toBe("area_1");
  const sent = bodyOf(valuesOf(AREA), AREA);
  expect({ ...sent, hours: undefined }).toEqual({ ...body, hours: undefined });
  expect(new Set(sent.hours?.map((each) => JSON.stringify(each)))).toEqual(
    new Set(body.hours?.map((each) => JSON.stringify(each))),
  );
});

test("a day that is closed loses all its hours", () => {
  const values = valuesOf(AREA);
  values.days[0] = { open: false, opens: "08:00", closes: "12:00" };
  expect(bodyOf(values, AREA).hours?.map(({ weekday }) => weekday)).toEqual([6]);
});

test("without a circle there is none", () => {
  expect(bodyOf({ ...valuesOf(AREA), latitude: "", longitude: "", km: "" }, AREA).radius).toBeNull();
});
