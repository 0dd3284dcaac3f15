/** What there is much to draw of is drawn in slices: nobody's click waits for it. */
import { useQuery, type QueryKey, type UseQueryOptions } from "@tanstack/react-query";
import { useDeferredValue } from "react";

/** A query whose answer React may draw a moment later than it came. */
export function useDrawn<T, K extends QueryKey>(options: UseQueryOptions<T, Error, T, K>) {
  const { data, error, refetch } = useQuery(options);
  return { data: useDeferredValue(data), error, refetch };
}
