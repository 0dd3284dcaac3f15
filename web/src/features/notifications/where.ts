/** A notice names its delivery by id; people know it by where it goes. */
import { queryOptions, type InfiniteData, type QueryClient } from "@tanstack/react-query";

import { place } from "@/features/deliveries/naming";
import { deliveryQuery, keys, type Delivery } from "@/features/deliveries/queries";

/** Null once that was erased. Asked of the server only where no list has it. */
export const whereQuery = (id: string) =>
  queryOptions({
    queryKey: ["notices", "where", id],
    queryFn: async ({ client }) => {
      const { request, erased } = listed(client, id) ?? (await client.fetchQuery(deliveryQuery(id)));
      return erased ? null : place(request.dropoff);
    },
    staleTime: Infinity,
    retry: false,
  });

function listed(client: QueryClient, id: string): Delivery | undefined {
  const lists = client.getQueriesData<InfiniteData<{ items: Delivery[] }>>({ queryKey: keys.lists });
  return lists
    .flatMap(([, list]) => list?.pages ?? [])
    .flatMap(({ items }) => items)
    .find((each) => each.id === id);
}
