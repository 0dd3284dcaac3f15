/** How long answers are good, and what is tried again. Live lines patch and invalidate what is shown. */
import { QueryClient } from "@tanstack/react-query";

import { passes } from "./api/problem";

export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        retry: (failures, error) => failures < 2 && passes(error),
        throwOnError: false,
      },
      mutations: { retry: false },
    },
  });
}
