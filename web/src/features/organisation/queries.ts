/** What organisations are asked. Keys: `organisation`, which, then what; `organisations` for where one belongs. */
import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { answered, api, type Schemas } from "@/lib/api/client";
import { admit } from "@/lib/session";

const at = (id: string) => ({ path: { organisation_id: id } });

export const organisationsQuery = queryOptions({
  queryKey: ["organisations"],
  queryFn: async ({ signal }) => (await answered(api.GET("/v1/organisations", { signal }))).items,
  staleTime: 5 * 60_000,
});

export const membersQuery = (id: string) =>
  queryOptions({
    queryKey: ["organisation", id, "members"],
    queryFn: async ({ signal }) =>
      (await answered(api.GET("/v1/organisations/{organisation_id}/members", { params: at(id), signal }))).items,
  });

export const invitationsQuery = (id: string) =>
  queryOptions({
    queryKey: ["organisation", id, "invitations"],
    queryFn: async ({ signal }) =>
      (await answered(api.GET("/v1/organisations/{organisation_id}/invitations", { params: at(id), signal }))).items,
  });

export const accessesQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ["organisation", id, "access"],
    queryFn: ({ pageParam, signal }) =>
      answered(
        api.GET("/v1/organisations/{organisation_id}/access", {
          params: { ...at(id), query: { cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next ?? null,
  });

/** Another organisation from now on: everything that is kept is another's, so `main` forgets it. */
export const useSwitch = (then: () => void) =>
  useMutation({
    mutationFn: async (id: string) =>
      admit(await answered(api.POST("/v1/users/switch", { body: { organisation_id: id } }))),
    onSuccess: then,
  });

/** A mutation of this organisation, after which all of it is asked anew. */
function useChange<V, R>(id: string, act: (given: V) => Promise<R>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: organisationsQuery.queryKey });
      return queries.invalidateQueries({ queryKey: ["organisation", id] });
    },
  });
}

export const useRename = (id: string) =>
  useChange(id, (body: Schemas["Rename"]) =>
    answered(api.PATCH("/v1/organisations/{organisation_id}", { params: at(id), body })),
  );

export const useInvite = (id: string) =>
  useChange(id, (body: Schemas["Invite"]) =>
    answered(api.POST("/v1/organisations/{organisation_id}/invitations", { params: at(id), body })),
  );

export const useWithdraw = (id: string) =>
  useChange(id, (invitation: string) =>
    answered(
      api.DELETE("/v1/organisations/{organisation_id}/invitations/{invitation_id}", {
        params: { path: { organisation_id: id, invitation_id: invitation } },
      }),
    ),
  );

export const useChangeRole = (id: string) =>
  useChange(id, ({ user, role }: { user: string; role: Schemas["OrgRole"] }) =>
    answered(
      api.PUT("/v1/organisations/{organisation_id}/members/{user_id}", {
        params: { path: { organisation_id: id, user_id: user } },
        body: { role },
      }),
    ),
  );

export const useRemoveMember = (id: string) =>
  useChange(id, (user: string) =>
    answered(
      api.DELETE("/v1/organisations/{organisation_id}/members/{user_id}", {
        params: { path: { organisation_id: id, user_id: user } },
      }),
    ),
  );

export const useTransfer = (id: string) =>
  useChange(id, (user: string) =>
    answered(api.POST("/v1/organisations/{organisation_id}/transfer", { params: at(id), body: { user_id: user } })),
  );

/** Gone from there; on in the first of the others, or the one that was made for whoever belongs nowhere. */
export const useLeave = (id: string, then: () => void) =>
  useMutation({
    mutationFn: async () => {
      await answered(api.POST("/v1/organisations/{organisation_id}/leave", { params: at(id) }));
      const left = (await answered(api.GET("/v1/organisations"))).items[0];
      if (left)
        admit(await answered(api.POST("/v1/users/switch", { body: { organisation_id: left.organisation_id } })));
    },
    onSuccess: then,
  });

export const useAccept = () => {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (token: string) => answered(api.POST("/v1/invitations/accept", { body: { token } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: organisationsQuery.queryKey }),
  });
};
