import { expect, test } from "vitest";

import { parsed, ranges, shown } from "./parsing";

test("postal ranges are read as people write them, and shown so that they are read again", () => {
  const read = [
    { first: "01000000", last: "05999999" },
    { first: "04551060", last: "04551060" },
  ];
  expect(ranges("01000-000 – 05999-999\n\n04551060")).toEqual(read);
  expect(ranges("01000000-05999999\n04551-060")).toEqual(read);
  expect(ranges(shown(read))).toEqual(read);
  expect(ranges("")).toEqual([]);
});

test.each(["05999-999 – 01000-000", "0100 – 05999-999", "1", "a b c", "01000-000 – 02000-000 – 03000-000"])(
  "%s is no postal range",
  (text) => expect(ranges(text)).toBeNull(),
);

test("settings are an object", () => {
  expect(parsed('{"a": 1}')).toEqual({ a: 1 });
  expect(parsed("[1]")).toBeNull();
  expect(parsed("{")).toBeNull();
});
