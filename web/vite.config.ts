import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import { compression } from "vite-plugin-compression2";
import { defineConfig } from "vitest/config";

import { mockApart } from "./vite/mock.ts";
import { preloads } from "./vite/preloads.ts";
import { themeAsCss, usedStyles } from "./vite/styles.ts";

/** Ours, of TanStack, of Mantine, and others. */
const part = (ours: string[], tanstack: string[], mantine: string[], others: string[] = []) => {
  const theirs = [
    ...tanstack.map((name) => `@tanstack/${name}/`),
    ...mantine.map((name) => `@mantine/core/esm/components/${name}/`),
    ...others,
  ];
  return new RegExp(`src/(${ours.join("|")})|node_modules/(${theirs.join("|")})`);
};

/** What every page is made of, a recipient's too. */
const FIRST = part(
  [
    "ui/(brand|dot|form-error|links|page|states)",
    "lib/(?!leaflet)",
    "i18n/(index|apart)",
    "features/[a-z]+/filter",
    "features/(account|deliveries|imports|notifications|users)/queries",
    "features/account/download",
    "app/shell/(root|preferences|menu-button)",
  ],
  ["react-router", "router-core", "history", "react-query", "query-core", "react-store", "store"],
  [
    "ActionIcon",
    "Alert",
    "Box",
    "Button",
    "Group",
    "Input",
    "InputBase",
    "Loader",
    "Skeleton",
    "Stack",
    "Text",
    "TextInput",
    "Title",
    "Transition",
    "UnstyledButton",
  ],
  [
    "i18next/",
    "react-i18next/",
    "openapi-fetch/",
    "@mantine/hooks/",
    "@mantine/core/esm/core/",
    "@tabler/icons-react/dist/esm/icons/Icon(AlertTriangle|Check)\\.",
  ],
);
/** The frame of the app. */
const APP = part(
  ["app/shell/(shell|live|navigation|offline)", "features/deliveries/(naming|status|live|components/status)"],
  [],
  ["Portal"],
  ["eventsource-parser/"],
);
/** Its first page. */
const LIST = part(
  ["ui/rows", "features/deliveries/(pages/list|components/(filters|view-bar))"],
  ["react-virtual", "virtual-core"],
  ["CloseButton", "NativeSelect"],
);
/** What forms stand on. */
const FORMS = part(["ui/form", "features/users/(components/card|rules)"], [], ["PasswordInput"], ["@mantine/form/"]);
/** What pages of facts and of tables are made of: a file each, where a dozen would be asked for. */
const FACTS = part(
  ["ui/facts", "features/deliveries/(asks|now|permits|components/(actions|map)\\.module)"],
  [],
  ["CopyButton"],
);
const TABLES = part(["features/deliveries/components/money"], [], ["ScrollArea", "Table"], ["@floating-ui/"]);

export default defineConfig({
  plugins: [
    react(),
    themeAsCss(),
    usedStyles(),
    preloads(),
    mockApart(),
    compression({ algorithms: ["gzip", "brotliCompress"], threshold: 1024, include: /\.(js|css|html|svg|json)$/ }),
  ],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
    // One file of what every first page needs packs better than sixty.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: "first", test: FIRST },
            { name: "app", test: APP },
            { name: "list", test: LIST },
            { name: "forms", test: FORMS },
            { name: "facts", test: FACTS },
            { name: "tables", test: TABLES },
          ],
        },
      },
    },
  },
  // `make up` beside `npm run dev`: the API sees its own origin, so its cookie works.
  server: {
    host: "127.0.0.1",
    watch: { ignored: ["**/shots/**"] },
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
    expect: { poll: { timeout: 15_000 } },
  },
});
