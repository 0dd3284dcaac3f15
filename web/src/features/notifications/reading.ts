/** Marking as read: seen at once, and asked anew where the server said otherwise. */
import { useMutation, useQueryClient, type QueryClient } from "@tanstack/react-query";

import { answered, api } from "@/lib/api/client";

import { noticesQuery, TOLD, unreadQuery, type Notice, type Unread } from "./queries";

const KEY = ["notices", "read"];

/** Those of which `is` says so; `left` are unread then. */
async function mark(
  queries: QueryClient,
  is: (notice: Notice) => boolean,
  left: (before: Unread, read: number) => Unread,
): Promise<void> {
  await queries.cancelQueries({ queryKey: TOLD });
  const list = queries.getQueryData(noticesQuery.queryKey);
  const read = list?.pages.flatMap(({ items }) => items).filter((each) => !each.read && is(each)).length ?? 0;
  queries.setQueryData(
    noticesQuery.queryKey,
    list && {
      ...list,
      pages: list.pages.map((page) => ({
        ...page,
        items: page.items.map((each) => (is(each) ? { ...each, read: true } : each)),
      })),
    },
  );
  queries.setQueryData(unreadQuery.queryKey, (before) => before && left(before, read));
}

/** Whatever came of it, once the last of several is through. */
function settled(queries: QueryClient) {
  if (queries.isMutating({ mutationKey: KEY }) === 1) void queries.invalidateQueries({ queryKey: TOLD });
}

export function useRead() {
  const queries = useQueryClient();
  return useMutation({
    mutationKey: KEY,
    mutationFn: (id: string) => answered(api.POST("/v1/notifications/read", { body: { ids: [id] } })),
    onMutate: (id) =>
      mark(
        queries,
        (each) => each.id === id,
        (before, read) => (before.more ? before : { ...before, count: Math.max(before.count - read, 0) }),
      ),
    onSettled: () => settled(queries),
  });
}

/** All up to the newest that was seen, so that what comes meanwhile stays unread. */
export function useReadAll() {
  const queries = useQueryClient();
  return useMutation({
    mutationKey: KEY,
    mutationFn: (upTo: string) => answered(api.POST("/v1/notifications/read-all", { body: { up_to: upTo } })),
    onMutate: () =>
      mark(
        queries,
        () => true,
        () => ({ count: 0, more: false }),
      ),
    onSettled: () => settled(queries),
  });
}
