/** What staff ask and say about carriers: accounts, pauses, and rules of who gets which delivery. */
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { answered, api, type Schemas } from "@/lib/api/client";

export const carriersQuery = queryOptions({
  queryKey: ["support", "carriers"],
  queryFn: async ({ signal }) => (await answered(api.GET("/v1/carriers", { signal }))).items,
  refetchInterval: 30_000,
});

export const accountsQuery = (carrier: string) =>
  queryOptions({
    queryKey: ["support", "carriers", carrier, "accounts"],
    queryFn: async ({ signal }) =>
      (await answered(api.GET("/v1/carriers/{carrier}/accounts", { params: { path: { carrier } }, signal }))).items,
  });

export const rulesQuery = queryOptions({
  queryKey: ["support", "rules"],
  queryFn: async ({ signal }) => (await answered(api.GET("/v1/rules", { signal }))).items,
});

function useChange<V, R>(what: string, act: (given: V) => Promise<R>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: () => queries.invalidateQueries({ queryKey: ["support", what] }),
  });
}

/** A carrier, or one account at it. */
export interface Whom {
  carrier: string;
  account: string | null;
}

export const usePause = ({ carrier, account }: Whom) =>
  useChange("carriers", (body: Schemas["PauseBody"]) =>
    account === null
      ? answered(api.PUT("/v1/carriers/{carrier}/pause", { params: { path: { carrier } }, body }))
      : answered(
          api.PUT("/v1/carriers/{carrier}/accounts/{account}/pause", { params: { path: { carrier, account } }, body }),
        ),
  );

export const useResume = () =>
  useChange("carriers", ({ carrier, account }: Whom) =>
    account === null
      ? answered(api.DELETE("/v1/carriers/{carrier}/pause", { params: { path: { carrier } } }))
      : answered(
          api.DELETE("/v1/carriers/{carrier}/accounts/{account}/pause", { params: { path: { carrier, account } } }),
        ),
  );

export const usePutAccount = (carrier: string, account: string) =>
  useChange("carriers", (body: Schemas["AccountPut"]) =>
    answered(api.PUT("/v1/carriers/{carrier}/accounts/{account}", { params: { path: { carrier, account } }, body })),
  );

/** A new rule where there is no id. */
export const usePutRule = (id: string | null) =>
  useChange("rules", (body: Schemas["RuleBody"]) =>
    id === null
      ? answered(api.POST("/v1/rules", { body }))
      : answered(api.PUT("/v1/rules/{rule_id}", { params: { path: { rule_id: id } }, body })),
  );

export const useDeleteRule = () =>
  useChange("rules", (id: string) =>
    answered(api.DELETE("/v1/rules/{rule_id}", { params: { path: { rule_id: id } } })),
  );
