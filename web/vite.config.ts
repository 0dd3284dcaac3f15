import { convertCssVariables, DEFAULT_THEME, defaultCssVariablesResolver, mergeMantineTheme } from "@mantine/core";
import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { compression } from "vite-plugin-compression2";
import { defineConfig } from "vitest/config";

import { theme, variables } from "./src/app/theme.ts";

const OURS = [
  "ui/(brand|links|page|rows|states|dot)",
  "lib/",
  "features/deliveries/(naming|queries|status|routes|live|pages/list|components/status)",
  "features/users/(queries|routes)",
  "app/shell/(shell|live|navigation|offline|preferences)",
];
const MANTINE = [
  ...["ActionIcon", "Box", "Button", "CloseButton", "Group", "Input", "InputBase", "Loader", "NativeSelect"],
  ...["Skeleton", "Stack", "Text", "Title", "Transition", "UnstyledButton", "Portal"],
];
const THEIRS = [
  ...["@tanstack", "react-i18next"],
  `@mantine/(hooks|core/esm/(core|components/(${MANTINE.join("|")})))`,
];
/** What the shell and the first page are made of. */
const FIRST = new RegExp(`(src/(${OURS.join("|")})|node_modules/(${THEIRS.join("|")}))`);

const THEME = "virtual:theme.css";

/** The theme as a stylesheet: the policy allows no <style> elements, by which Mantine would bring it at run time. */
function themeAsCss(): Plugin {
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

export default defineConfig({
  plugins: [
    react(),
    themeAsCss(),
    compression({ algorithms: ["gzip", "brotliCompress"], threshold: 1024, include: /\.(js|css|html|svg|json)$/ }),
  ],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
    // One file of what every first page needs packs better than sixty.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "first", test: FIRST }] } } },
  },
  // `make up` beside `npm run dev`: the API sees its own origin, so its cookie works.
  server: {
    host: "127.0.0.1",
    proxy: { "/v1": { target: process.env.ENTREGA_API ?? "http://127.0.0.1:8000", secure: false } },
  },
  test: {
    environment: "jsdom",
    setupFiles: ["src/testing/setup.ts"],
    include: ["src/**/*.test.{ts,tsx}"],
    css: false,
    maxWorkers: 2,
    restoreMocks: true,
    // Cold starts on a busy machine; nothing waits on purpose.
    testTimeout: 30_000,
  },
});
