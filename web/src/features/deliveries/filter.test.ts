import { expect, test } from "vitest";

import { given, readFilter, same } from "./filter";

test("an address gives what is usable of it, and a view the same", () => {
  const read = given(
    readFilter({ q: 1310, status: "booked", attention: ["any", "bored"], created_from: "soon", x: 1 }),
  );
  expect(read).toEqual({ q: "1310", status: ["booked"], attention: ["any"] });
  expect(same(read, { attention: ["any"], status: ["booked"], q: "1310" })).toBe(true);
  expect(same(read, {})).toBe(false);
});
