/** Stylesheets made at build: the theme, and of Mantine's components those that are used. */
import { convertCssVariables, DEFAULT_THEME, defaultCssVariablesResolver, mergeMantineTheme } from "@mantine/core";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import postcss from "postcss";
import type { Plugin } from "vite";

import { theme, variables } from "../src/app/theme.ts";

const THEME = "virtual:theme.css";

/** The theme as a stylesheet: the policy allows no <style> elements, by which Mantine would bring it at run time. */
export function themeAsCss(): Plugin {
  return {
    name: "theme-as-css",
    resolveId: (id) => (id === THEME ? `\0${THEME}` : undefined),
    load(id) {
      if (id !== `\0${THEME}`) return undefined;
      const whole = mergeMantineTheme(DEFAULT_THEME, theme);
      return [defaultCssVariablesResolver(whole), variables(whole)]
        .map((made) => convertCssVariables(made, ":root"))
        .join("\n");
    },
  };
}

const WEB = fileURLToPath(new URL("..", import.meta.url));
const CORE = resolve(WEB, "node_modules/@mantine/core/esm");
const OTHERS = ["charts", "dates", "notifications", "spotlight"].map((name) => `node_modules/@mantine/${name}/esm`);
const CLASSES = /\bm_[0-9a-f]{6,8}\b/g;

/** Mantine's own styles come all together: half of them are of components that nothing here draws with. */
export function usedStyles(): Plugin {
  const left = new Set<string>();
  return {
    name: "used-styles",
    apply: "build",
    enforce: "pre",
    transform(css, id) {
      if (!id.endsWith("@mantine/core/styles.layer.css")) return undefined;
      const used = usedClasses();
      const sheet = postcss.parse(css);
      const wanted = (selector: string) => {
        const unused = (selector.match(CLASSES) ?? []).filter((each) => !used.has(each));
        for (const each of unused) left.add(each);
        return unused.length === 0;
      };
      sheet.walkRules((rule) => {
        const kept = rule.selectors.filter(wanted);
        if (kept.length > 0) rule.selectors = kept;
        else rule.remove();
      });
      return { code: sheet.toString(), map: null };
    },
    generateBundle(_, bundle) {
      for (const made of Object.values(bundle)) {
        const missed = made.type === "chunk" ? (made.code.match(CLASSES) ?? []).filter((each) => left.has(each)) : [];
        if (missed.length > 0)
          throw new Error(`${made.fileName} draws with ${missed.join(", ")}, whose styles were left out`);
      }
    },
  };
}

/** Of what is imported from Mantine's core, here and by its other packages, and of what that imports itself. */
function usedClasses(): Set<string> {
  const names = new Set<string>();
  for (const file of [...sources("src", /\.tsx?$/), ...OTHERS.flatMap((each) => sources(each, /\.mjs$/))]) {
    for (const [, list] of readFileSync(file, "utf8").matchAll(/import (?:type )?\{([^}]*)\} from "@mantine\/core"/g)) {
      for (const name of named(list)) names.add(name);
    }
  }
  const files = [...readFileSync(resolve(CORE, "index.mjs"), "utf8").matchAll(/import \{([^}]*)\} from "(\.[^"]*)"/g)]
    .filter(([, list]) => named(list).some((name) => names.has(name)))
    .map(([, , path = ""]) => resolve(CORE, path));
  const classes = new Set<string>();
  const seen = new Set<string>();
  for (let file = files.pop(); file; file = files.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    const code = readFileSync(file, "utf8");
    for (const each of code.match(CLASSES) ?? []) classes.add(each);
    for (const [, path = ""] of code.matchAll(/from "(\.[^"]*)"/g)) files.push(resolve(dirname(file), path));
  }
  return classes;
}

const named = (list = "") => list.split(",").map((each) => each.trim().split(" ")[0] ?? "");
const sources = (folder: string, kind: RegExp) =>
  readdirSync(resolve(WEB, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => kind.test(name))
    .map((name) => resolve(WEB, folder, name));
