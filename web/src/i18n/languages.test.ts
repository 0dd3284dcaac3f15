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

const files = import.meta.glob<{ default: object }>("./*/*.json", { eager: true });
const english = Object.keys(files).filter((path) => path.startsWith("./en/"));

test.each(english)("%s says the same as the Portuguese one", (path) => {
  const other = files[path.replace("/en/", "/pt-BR/")];
  expect(keys(files[path]?.default ?? {}).sort()).toEqual(keys(other?.default ?? {}).sort());
});
