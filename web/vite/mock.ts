/** The mock API is for `npm run dev:mock`: its worker is served there, and nothing of it is ever built. */
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

const WORKER = "/mockServiceWorker.js";

export function mockApart(): Plugin {
  return {
    name: "mock-apart",
    configureServer({ config, middlewares }) {
      if (config.mode !== "mock") return;
      const worker = readFileSync(createRequire(import.meta.url).resolve(`msw${WORKER}`));
      middlewares.use(WORKER, (_, answer) => {
        answer.setHeader("Content-Type", "text/javascript");
        answer.end(worker);
      });
    },
    generateBundle(_, bundle) {
      for (const made of Object.values(bundle)) {
        const mocks =
          made.type === "chunk" ? made.moduleIds.filter((id) => /\/(src\/mock|node_modules\/msw)\//.test(id)) : [];
        if (mocks.length > 0) throw new Error(`${made.fileName} has ${mocks.join(", ")}`);
      }
    },
  };
}
