/** What a page needs next is on its way before any module has run: `public/first.js` is told the files. */
import type { Plugin } from "vite";

/** Where one is (language, whether signed in, path), the modules that are needed there beside the first ones, and the
 * paths of the API that are asked in any case, as the page's queries say them. */
const NEXT: [where: string, modules: string[], asks?: string[]][] = [
  ["^en", ["i18n/en/index.ts"]],
  ["^pt-BR", ["i18n/pt-BR/index.ts"]],
  ["(out| in) /sign-in|out /(deliveries)?$", ["app/shell/open.tsx", "features/users/pages/sign-in.tsx"]],
  [" /track/([\\w-]+)$", ["features/track/pages/track.tsx"], ["/v1/track/$1"]],
  ["^en.* /track/", ["i18n/en/track.json"]],
  ["^pt-BR.* /track/", ["i18n/pt-BR/track.json"]],
  [" in /(?!track/)", ["app/shell/shell.tsx"]],
  [" in /(deliveries)?$", ["features/deliveries/pages/list.tsx"], ["/v1/deliveries?limit=50"]],
  [
    " in /deliveries/(del_\\w+)$",
    ["features/deliveries/pages/one.tsx"],
    ["/config.json", "/v1/deliveries/$1", "/v1/tracking/$1"],
  ],
  ["^en in /deliveries/del_", ["i18n/en/delivery.json"]],
  ["^pt-BR in /deliveries/del_", ["i18n/pt-BR/delivery.json"]],
];

/** Tells `first.js` which files those are, so that they are on their way before any module has run. */
export function preloads(): Plugin {
  return {
    name: "preloads",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler(html, { bundle = {} }) {
        const chunks = Object.values(bundle).filter((each) => each.type === "chunk");
        const needs = (file: string, found = new Set<string>()): Set<string> => {
          const chunk = chunks.find(({ fileName }) => fileName === file);
          if (!chunk || found.has(file)) return found;
          found.add(file);
          for (const style of chunk.viteMetadata?.importedCss ?? []) found.add(style);
          for (const each of chunk.imports) needs(each, found);
          return found;
        };
        const already = new Set(
          chunks.filter(({ isEntry }) => isEntry).flatMap(({ fileName }) => [...needs(fileName)]),
        );
        const next = NEXT.map(([where, modules, asks]) => ({
          where,
          files: modules.flatMap((name) => {
            const of = (id: string | null) => id?.endsWith(`/src/${name}`);
            const chunk =
              chunks.find(({ facadeModuleId }) => of(facadeModuleId)) ??
              chunks.find(({ moduleIds }) => moduleIds.some(of));
            if (!chunk) throw new Error(`no chunk has ${name}`);
            return [...needs(chunk.fileName)].filter((file) => !already.has(file));
          }),
          asks,
        }));
        return html
          .replace('src="/first.js"', `src="/first.js" data-next='${JSON.stringify(next)}'`)
          .replaceAll(/<(script type="module"|link rel="modulepreload") /g, '$&fetchpriority="low" '); // styles come first
      },
    },
  };
}
