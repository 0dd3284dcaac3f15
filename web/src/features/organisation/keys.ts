/** What service accounts and their keys are asked. */
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { answered, api, type Schemas } from "@/lib/api/client";

const at = (id: string) => ({ path: { organisation_id: id } });

export const accountsQuery = (id: string) =>
  queryOptions({
    queryKey: ["organisation", id, "accounts"],
    queryFn: async ({ signal }) =>
      (await answered(api.GET("/v1/organisations/{organisation_id}/service-accounts", { params: at(id), signal })))
        .items,
  });

export const keysQuery = (id: string) =>
  queryOptions({
    queryKey: ["organisation", id, "keys"],
    queryFn: async ({ signal }) =>
      (await answered(api.GET("/v1/organisations/{organisation_id}/keys", { params: at(id), signal }))).items,
  });

function useChange<V, R>(id: string, act: (given: V) => Promise<R>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: () => queries.invalidateQueries({ queryKey: ["organisation", id] }),
  });
}

export const useCreateAccount = (id: string) =>
  useChange(id, (body: Schemas["AccountCreate"]) =>
    answered(api.POST("/v1/organisations/{organisation_id}/service-accounts", { params: at(id), body })),
  );

export const useDisableAccount = (id: string) =>
  useChange(id, (account: string) =>
    answered(
      api.DELETE("/v1/organisations/{organisation_id}/service-accounts/{account_id}", {
        params: { path: { organisation_id: id, account_id: account } },
      }),
    ),
  );

export const useCreateKey = (id: string) =>
  useChange(id, ({ account, body }: { account: string; body: Schemas["KeyCreate"] }) =>
    answered(
      api.POST("/v1/organisations/{organisation_id}/service-accounts/{account_id}/keys", {
        params: { path: { organisation_id: id, account_id: account } },
        body,
      }),
    ),
  );

export const useRevokeKey = (id: string) =>
  useChange(id, (key: string) =>
    answered(
      api.DELETE("/v1/organisations/{organisation_id}/keys/{key_id}", {
        params: { path: { organisation_id: id, key_id: key } },
      }),
    ),
  );
