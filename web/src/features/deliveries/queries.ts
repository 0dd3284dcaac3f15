/** What the deliveries and tracking services are asked. Keys: `deliveries`, then `list` or `one`, then which. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { answered, api, type Schemas } from "@/lib/api/client";

import { given, type Filter } from "./filter";

export type { Filter };
export type Delivery = Schemas["DeliveryView"];
export type Status = Schemas["DeliveryStatus"];

const A_PAGE = 50;

export const keys = {
  lists: ["deliveries", "list"] as const,
  list: (filter: Filter) => [...keys.lists, given(filter)] as const,
  one: (id: string) => ["deliveries", "one", id] as const,
  timeline: (id: string) => ["deliveries", "timeline", id] as const,
  entries: (id: string) => ["deliveries", "entries", id] as const,
  workflow: (id: string) => ["deliveries", "workflow", id] as const,
  views: ["deliveries", "views"] as const,
};

export const deliveriesPage = (filter: Filter, cursor: string | null, signal?: AbortSignal) =>
  answered(api.GET("/v1/deliveries", { params: { query: { ...given(filter), limit: A_PAGE, cursor } }, signal }));

/** Newest first, page after page by cursor. */
export const deliveriesQuery = (filter: Filter) =>
  infiniteQueryOptions({
    queryKey: keys.list(filter),
    queryFn: ({ pageParam, signal }) => deliveriesPage(filter, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next ?? null,
  });

export const deliveryQuery = (id: string) =>
  queryOptions({
    queryKey: keys.one(id),
    queryFn: ({ signal }) =>
      answered(api.GET("/v1/deliveries/{delivery_id}", { params: { path: { delivery_id: id } }, signal })),
  });

export const timelineQuery = (id: string) =>
  queryOptions({
    queryKey: keys.timeline(id),
    queryFn: ({ signal }) =>
      answered(api.GET("/v1/tracking/{delivery_id}", { params: { path: { delivery_id: id } }, signal })),
  });

export const entriesQuery = (id: string) =>
  queryOptions({
    queryKey: keys.entries(id),
    queryFn: ({ signal }) =>
      answered(api.GET("/v1/deliveries/{delivery_id}/entries", { params: { path: { delivery_id: id } }, signal })),
  });

/** Staff: as the workflow knows it this moment. */
export const workflowQuery = (id: string) =>
  queryOptions({
    queryKey: keys.workflow(id),
    queryFn: ({ signal }) =>
      answered(api.GET("/v1/deliveries/{delivery_id}/live", { params: { path: { delivery_id: id } }, signal })),
    retry: false,
  });

/** One's own views, and those that are shared. */
export const viewsQuery = queryOptions({
  queryKey: keys.views,
  queryFn: ({ signal }) => answered(api.GET("/v1/views", { signal })),
  staleTime: 5 * 60_000,
});
