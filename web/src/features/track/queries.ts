/** Where a delivery stands, for whoever has the link: asked without saying who asks, so that a CDN may answer. */
import { queryOptions } from "@tanstack/react-query";
import createClient from "openapi-fetch";

import { answered, type Schemas } from "@/lib/api/client";
import { Unreachable } from "@/lib/api/problem";
import type { paths } from "@/lib/api/schema";
import { early } from "@/lib/early";

export type Tracked = Schemas["PublicView"];

const PATIENCE_MS = 15_000;
const LOOK_MS = 10_000;
const OVER = new Set(["delivered", "returned", "cancelled", "expired", "failed", "lost"]);

const open = createClient<paths>({
  baseUrl: location.origin,
  credentials: "omit",
  fetch: async (request) => {
    const first = await early(new URL(request.url).pathname);
    if (first) return first;
    try {
      return await fetch(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(PATIENCE_MS)]) });
    } catch (error) {
      if (request.signal.aborted) throw error;
      throw new Unreachable("no answer", { cause: error });
    }
  },
});

export const isOver = ({ status }: Tracked) => OVER.has(status);

export const trackQuery = (token: string) =>
  queryOptions({
    queryKey: ["track", token],
    queryFn: ({ signal }) => answered(open.GET("/v1/track/{token}", { params: { path: { token } }, signal })),
    staleTime: LOOK_MS / 2,
    refetchInterval: ({ state }) => (state.data && isOver(state.data) ? false : LOOK_MS),
    refetchOnWindowFocus: "always",
  });
