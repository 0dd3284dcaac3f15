import { expect, test } from "vitest";

import { formats } from "./format";

test("money is written as its readers write it", () => {
  const price = { amount: 129_050, currency: "BRL" } as const;
  expect(formats("pt-BR").money(price)).toBe("R$\u00a01.290,50");
  expect(formats("en").money(price)).toBe("R$1,290.50");
});

test("what was a while ago is told in the largest unit that fits", () => {
  const now = Date.parse("2026-11-25T12:00:00Z");
  expect(formats("pt-BR").fromNow("2026-11-25T10:00:00Z", now)).toBe("há 2 h");
  expect(formats("en").fromNow("2026-11-26T12:30:00Z", now)).toBe("tomorrow");
});
