/** A query whose answers come page by page, as tables take it. */
import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import { useDeferredValue, useMemo } from "react";

/** All items so far (undefined before the first answer), and how more are had. */
export function usePaged<T>(query: UseInfiniteQueryResult<InfiniteData<{ items: T[] }>>) {
  const data = useDeferredValue(query.data); // many rows are drawn in slices: nobody's click waits for them
  return {
    items: useMemo(() => data?.pages.flatMap((page) => page.items), [data]),
    more: {
      has: query.hasNextPage,
      fetching: query.isFetchingNextPage,
      fetch: () => void query.fetchNextPage(),
    },
  };
}
