import { expect, test } from "vitest";

import en from "./en";
import pt from "./pt-BR";

const keys = (words: object, at = ""): string[] =>
  Object.entries(words).flatMap(([key, told]) =>
    typeof told === "string" ? [at + key] : keys(told as object, `${at}${key}.`),
  );

test("both languages say the same things", () => {
  expect(keys(en).sort()).toEqual(keys(pt).sort());
});
