/** What the notifications service is asked. Keys: `webhooks`, then `list`, `one`, `log` or `message`, then which. */
import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { answered, api, type Schemas } from "@/lib/api/client";

export type Endpoint = Schemas["WebhookEndpoint"];
export type Message = Schemas["Message"];
export type Attempt = Schemas["Attempt"];
export type Outcome = Message["outcome"];

const A_PAGE = 50;
const WAITING_MS = 3000;

export const keys = {
  all: ["webhooks"] as const,
  list: ["webhooks", "list"] as const,
  one: (id: string) => ["webhooks", "one", id] as const,
  logs: ["webhooks", "log"] as const,
  log: (id: string, outcome?: Outcome) => ["webhooks", "log", id, outcome] as const,
  message: (id: string, message: string) => ["webhooks", "message", id, message] as const,
};

export const endpointsQuery = infiniteQueryOptions({
  queryKey: keys.list,
  queryFn: ({ pageParam, signal }) =>
    answered(api.GET("/v1/webhook-endpoints", { params: { query: { limit: A_PAGE, cursor: pageParam } }, signal })),
  initialPageParam: null as string | null,
  getNextPageParam: (last) => last.next ?? null,
});

const at = (endpoint_id: string) => ({ params: { path: { endpoint_id } } });

export const endpointQuery = (id: string) =>
  queryOptions({
    queryKey: keys.one(id),
    queryFn: ({ signal }) => answered(api.GET("/v1/webhook-endpoints/{endpoint_id}", { ...at(id), signal })),
  });

/** Newest first. */
export const logQuery = (id: string, outcome?: Outcome) =>
  infiniteQueryOptions({
    queryKey: keys.log(id, outcome),
    queryFn: ({ pageParam, signal }) =>
      answered(
        api.GET("/v1/webhook-endpoints/{endpoint_id}/messages", {
          params: { path: { endpoint_id: id }, query: { outcome, limit: A_PAGE, cursor: pageParam } },
          signal,
        }),
      ),
    refetchInterval: ({ state }) =>
      Boolean(state.data?.pages.some(({ items }) => items.some((each) => each.outcome === "waiting"))) && WAITING_MS,
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next ?? null,
  });

export const messageQuery = (id: string, message: string) =>
  queryOptions({
    queryKey: keys.message(id, message),
    queryFn: ({ signal }) =>
      answered(
        api.GET("/v1/webhook-endpoints/{endpoint_id}/messages/{message_id}", {
          params: { path: { endpoint_id: id, message_id: message } },
          signal,
        }),
      ),
    // A try is no line of the journal.
    refetchInterval: ({ state }) => state.data?.outcome === "waiting" && WAITING_MS,
  });

/** A mutation after which everything of webhooks is asked for anew. */
function useChange<V, D>(mutationFn: (value: V) => Promise<D>) {
  const queries = useQueryClient();
  return useMutation({ mutationFn, onSuccess: () => queries.invalidateQueries({ queryKey: keys.all }) });
}

export const useCreate = (key: string) =>
  useChange((body: Schemas["EndpointCreate"]) =>
    answered(api.POST("/v1/webhook-endpoints", { body, params: { header: { "Idempotency-Key": key } } })),
  );

export const useUpdate = (id: string) =>
  useChange((body: Schemas["EndpointChange"]) =>
    answered(api.PATCH("/v1/webhook-endpoints/{endpoint_id}", { ...at(id), body })),
  );

export const useDelete = (id: string) => {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => answered(api.DELETE("/v1/webhook-endpoints/{endpoint_id}", at(id))),
    onSuccess: () => queries.invalidateQueries({ queryKey: keys.list }),
  });
};

/** Each look is a line in the journal: asked for by hand, and kept nowhere. */
export const useSecret = (id: string) =>
  useMutation({
    mutationFn: () => answered(api.GET("/v1/webhook-endpoints/{endpoint_id}/secret", at(id))),
    gcTime: 0,
  });

export const useRotate = (id: string) =>
  useChange((keep_for: string) =>
    answered(api.POST("/v1/webhook-endpoints/{endpoint_id}/rotate-secret", { ...at(id), body: { keep_for } })),
  );

export const useTest = (id: string) =>
  useChange(() => answered(api.POST("/v1/webhook-endpoints/{endpoint_id}/test", at(id))));

export const useResend = (id: string, message: string) =>
  useChange(() =>
    answered(
      api.POST("/v1/webhook-endpoints/{endpoint_id}/messages/{message_id}/resend", {
        params: { path: { endpoint_id: id, message_id: message } },
      }),
    ),
  );

/** Newest first; while one runs, how far it has come. */
export const replaysQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.all, "replays", id],
    queryFn: ({ signal }) =>
      answered(
        api.GET("/v1/webhook-endpoints/{endpoint_id}/replays", {
          params: { path: { endpoint_id: id }, query: { limit: 5 } },
          signal,
        }),
      ),
    refetchInterval: ({ state }) => Boolean(state.data?.items.some(({ status }) => status === "running")) && WAITING_MS,
  });

export const useReplay = (id: string, key: string) =>
  useChange((body: Schemas["ReplayCreate"]) =>
    answered(
      api.POST("/v1/webhook-endpoints/{endpoint_id}/replay", {
        body,
        params: { path: { endpoint_id: id }, header: { "Idempotency-Key": key } },
      }),
    ),
  );
