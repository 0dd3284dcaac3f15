/** What the deliveries and tracking services are asked. Keys: `deliveries`, then `list` or `one`, then which. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { answered, api, type Schemas } from "@/lib/api/client";

export type Delivery = Schemas["DeliveryView"];
export type Status = Schemas["DeliveryStatus"];
export interface Filter {
  status?: Status;
}

const A_PAGE = 50;

export const keys = {
  lists: ["deliveries", "list"] as const,
  list: (filter: Filter) => [...keys.lists, filter] as const,
  one: (id: string) => ["deliveries", "one", id] as const,
  timeline: (id: string) => ["deliveries", "timeline", id] as const,
};

/** Newest first, page after page by cursor. */
export const deliveriesQuery = (filter: Filter) =>
  infiniteQueryOptions({
    queryKey: keys.list(filter),
    queryFn: ({ pageParam, signal }) => {
      const status = filter.status && [filter.status];
      return answered(
        api.GET("/v1/deliveries", { params: { query: { status, limit: A_PAGE, cursor: pageParam } }, signal }),
      );
    },
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
