/** What people change of themselves. Keys: `account`, then what. */
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { meQuery } from "@/features/users/queries";
import { answered, api, type Schemas } from "@/lib/api/client";
import { admit, dismiss, renew, session } from "@/lib/session";

import { downloaded } from "./download";

export const factorQuery = queryOptions({
  queryKey: ["account", "factor"],
  queryFn: ({ signal }) => answered(api.GET("/v1/users/me/second-factor", { signal })),
});

export const sessionsQuery = queryOptions({
  queryKey: ["account", "sessions"],
  queryFn: async ({ signal }) => (await answered(api.GET("/v1/users/me/sessions", { signal }))).items,
});

export function useChangeProfile() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: Schemas["ChangeProfile"]) => answered(api.PATCH("/v1/users/me", { body })),
    onSuccess: (me) => queries.setQueryData(meQuery.queryKey, me),
  });
}

export const useChangeEmail = () =>
  useMutation({ mutationFn: (body: Schemas["ChangeEmail"]) => answered(api.POST("/v1/users/me/email", { body })) });

export const useAskVerification = () =>
  useMutation({ mutationFn: () => answered(api.POST("/v1/users/me/verification")) });

/** Ends the other sessions, and goes on with a new one. */
export function useChangePassword() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (body: Schemas["ChangePassword"]) =>
      admit(await answered(api.POST("/v1/users/me/password", { body }))),
    onSuccess: () => queries.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
  });
}

export const useProposeFactor = () =>
  useMutation({ mutationFn: (body: Schemas["Prove"]) => answered(api.POST("/v1/users/me/second-factor", { body })) });

/** On from now on. This browser's new session, which knows of it, is taken up at once. */
export function useConfirmFactor() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (body: Schemas["ConfirmCode"]) => {
      const shown = await answered(api.POST("/v1/users/me/second-factor/confirm", { body }));
      await renew(session.get()?.token ?? null).catch(() => undefined); // with the next request, then
      return shown;
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ["account"] }),
  });
}

export function useRenewCodes() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: Schemas["ProveTwice"]) =>
      answered(api.POST("/v1/users/me/second-factor/recovery-codes", { body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: factorQuery.queryKey }),
  });
}

export function useRemoveFactor() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (body: Schemas["ProveTwice"]) =>
      admit(await answered(api.POST("/v1/users/me/second-factor/remove", { body }))),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["account"] }),
  });
}

export function useEndSession() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      answered(api.DELETE("/v1/users/me/sessions/{session_id}", { params: { path: { session_id: id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
  });
}

export const useSignOutEverywhere = () =>
  useMutation({ mutationFn: () => answered(api.POST("/v1/users/sign-out-everywhere")), onSuccess: dismiss });

/** One file of all that is held on whoever asks. */
export const useExport = () =>
  useMutation({
    mutationFn: (body: Schemas["ProveAsSigningIn"]) => downloaded("/v1/users/me/export", body, "entrega-me.json"),
  });

export const useErase = () =>
  useMutation({
    mutationFn: (body: Schemas["ProveAsSigningIn"]) => answered(api.POST("/v1/users/me/erase", { body })),
    onSuccess: dismiss,
  });
