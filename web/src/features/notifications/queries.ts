/** What one is told of in the app, and how one wishes to be told. Keys: `notices`, then `told` or `wishes`. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { answered, api, type Schemas } from "@/lib/api/client";

export type Notice = Schemas["Notice"];
export type Unread = Schemas["Unread"];
export type Wishes = Schemas["Wishes"];

const A_PAGE = 10;

export const TOLD = ["notices", "told"] as const;

/** Counted up to a hundred. Never fresh: they are read in other tabs and on other machines too. */
export const unreadQuery = queryOptions({
  queryKey: [...TOLD, "unread"],
  queryFn: ({ signal }) => answered(api.GET("/v1/notifications/unread", { signal })),
  staleTime: 0,
});

/** Newest first. */
export const noticesQuery = infiniteQueryOptions({
  queryKey: [...TOLD, "list"],
  queryFn: ({ pageParam, signal }) =>
    answered(api.GET("/v1/notifications", { params: { query: { limit: A_PAGE, cursor: pageParam } }, signal })),
  initialPageParam: null as string | null,
  getNextPageParam: (last) => last.next ?? null,
});

export const wishesQuery = queryOptions({
  queryKey: ["notices", "wishes"],
  queryFn: ({ signal }) => answered(api.GET("/v1/notification-preferences", { signal })),
  staleTime: 5 * 60_000,
});
