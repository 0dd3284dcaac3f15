import { expect, test } from "vitest";

import { asRequest, decimal, fromRequest, noDraft, phone } from "./draft";
import { badges } from "./offers";
import type { Price } from "./queries";

test.each([
  ["1,5", 1.5],
  ["1.5", 1.5],
  ["0.300", 0.3],
  ["1.234", 1234],
  ["1.234,56", 1234.56],
  ["1,234.56", 1234.56],
  ["dois", NaN],
])("%s is read as %d", (text, value) => expect(decimal(text)).toBe(value));

test.each([
  ["11 99999-0000", "+5511999990000"],
  ["+351 912 345 678", "+351912345678"],
  ["", null],
])("%s is dialled as %s", (text, dialled) => expect(phone(text)).toBe(dialled));

test("what was sent once comes back as it was written, but for when", () => {
  const stop = {
    ...noDraft.pickup,
    ...{ name: "Ana", phone: "+5511999990000", postal_code: "01310-200", street: "Avenida Paulista", number: "1578" },
    ...{ district: "Bela Vista", city: "São Paulo", state: "SP" },
  };
  const own = { size: "own" as const, weight: "1.5", length: "30", width: "20.5", height: "10", value: "99.9" };
  const draft = { ...noDraft, ...own, pickup: stop, dropoff: stop, description: "Bolo", reference: "A-1" };
  expect(fromRequest(asRequest(draft, "-"))).toEqual(draft);
});

test("the fastest is not said where nobody says when", () => {
  const price = (amount: number) => ({ price: { amount, currency: "BRL" } }) as Price;
  const told = badges([price(1000), price(900)], 0);
  expect([...told.values()]).toEqual([["bestValue", "cheapest"]]);
});
