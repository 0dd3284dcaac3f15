import { expect, test } from "vitest";

import en from "./en";
import { later, type Later } from "./later";
import pt from "./pt-BR";

const keys = (words: object, at = ""): string[] =>
  Object.entries(words).flatMap(([key, told]) =>
    typeof told === "string" ? [at + key] : keys(told as object, `${at}${key}.`),
  );

test("both languages say the same things", () => {
  expect(keys(en).sort()).toEqual(keys(pt).sort());
});

test.each(Object.keys(later.en) as Later[])("both languages say the same of %s", async (noun) => {
  const [mine, theirs] = await Promise.all([later.en[noun](), later["pt-BR"][noun]()]);
  expect(keys(mine.default).sort()).toEqual(keys(theirs.default).sort());
});
