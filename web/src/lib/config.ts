/** What this installation tells the app on arrival; a CDN may serve it as a file. */
import { queryOptions } from "@tanstack/react-query";

import { early } from "./early";

export interface Config {
  tiles: { url: string; credit: string } | null;
}

const PATIENCE_MS = 10_000;
const NOTHING: Config = { tiles: null };

/** Never fails: what cannot be had is not there. */
export const configQuery = queryOptions({
  queryKey: ["config"],
  queryFn: async ({ signal }): Promise<Config> => {
    try {
      const wait = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
      const answer = (await early("/config.json")) ?? (await fetch("/config.json", { signal: wait }));
      return answer.ok ? ((await answer.json()) as Config) : NOTHING;
    } catch {
      return NOTHING;
    }
  },
  staleTime: "static",
});
