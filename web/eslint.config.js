import js from "@eslint/js";
import i18next from "eslint-plugin-i18next";
import a11y from "eslint-plugin-jsx-a11y";
import hooks from "eslint-plugin-react-hooks";
import { defineConfig, globalIgnores } from "eslint/config";
import ts from "typescript-eslint";

export default defineConfig(
  globalIgnores(["dist", "node_modules", "shots", "public", "src/lib/api/schema.d.ts"]),
  js.configs.recommended,
  ts.configs.strict,
  {
    files: ["src/**/*.{ts,tsx}"],
    extends: [hooks.configs.flat.recommended, a11y.flatConfigs.recommended],
    plugins: { i18next },
    rules: {
      "i18next/no-literal-string": [
        "error",
        {
          mode: "jsx-only",
          callees: { exclude: [".*"] },
          "jsx-attributes": { include: ["aria-label", "alt", "title", "label", "placeholder", "description"] },
        },
      ],
      "jsx-a11y/no-autofocus": "off", // the one field of a page that was asked for
      "no-restricted-imports": [
        "error",
        {
          paths: [
            {
              name: "@mantine/core",
              importNames: ["AppShell", "SimpleGrid", "Grid", "Flex"],
              message: "It writes <style> elements, which our policy forbids: use Stack, Group or a CSS module.",
            },
            { name: "@tabler/icons-react", importNames: ["icons"], message: "That is all 5,000 of them." },
          ],
        },
      ],
    },
  },
  {
    // A feature stands alone: what two need lies in ui/ or lib/.
    files: ["src/{lib,ui}/**"],
    rules: { "no-restricted-imports": ["error", { patterns: ["@/features/*", "@/app/*"] }] },
  },
  { files: ["src/**/*.test.tsx", "src/testing/**"], rules: { "i18next/no-literal-string": "off" } },
  {
    files: ["e2e/**", "lighthouse/*.mjs"],
    languageOptions: {
      globals: {
        Buffer: "readonly",
        console: "readonly",
        setTimeout: "readonly",
        process: "readonly",
        document: "readonly",
        localStorage: "readonly",
        performance: "readonly",
        requestAnimationFrame: "readonly",
        URL: "readonly",
        window: "readonly",
      },
    },
  },
);
