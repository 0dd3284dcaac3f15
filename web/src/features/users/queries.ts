/** What the users service is asked: who I am, and coming in and going out. */
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { answered, api, type Schemas } from "@/lib/api/client";
import { Refused } from "@/lib/api/problem";
import { admit, dismiss } from "@/lib/session";

export const meQuery = queryOptions({
  queryKey: ["users", "me"],
  queryFn: ({ signal }) => answered(api.GET("/v1/users/me", { signal })),
  staleTime: 5 * 60_000,
});

/** A session; `wantsCode(error)` says that the same is to be tried with the second factor's code. */
export const useSignIn = () =>
  useMutation({
    mutationFn: async (body: Schemas["SignIn"]) => admit(await answered(api.POST("/v1/users/sign-in", { body }))),
  });

export const wantsCode = (error: unknown): boolean =>
  error instanceof Refused && ["second_factor_required", "second_factor_wrong"].includes(error.code);

/** Ends the session here; where the server is away, at least this browser forgets. */
export function useSignOut(then: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => answered(api.POST("/v1/users/sign-out")),
    onSettled: () => {
      dismiss();
      queries.clear();
      then();
    },
  });
}

export const useRegister = () =>
  useMutation({ mutationFn: (body: Schemas["Register"]) => answered(api.POST("/v1/users", { body })) });

export const useForgotPassword = () =>
  useMutation({
    mutationFn: (body: Schemas["EmailOnly"]) => answered(api.POST("/v1/users/forgot-password", { body })),
  });

export const useResetPassword = () =>
  useMutation({
    mutationFn: (body: Schemas["ResetPassword"]) => answered(api.POST("/v1/users/reset-password", { body })),
  });

/** Follows a letter's link once, however often the page is drawn: a link is good once. */
export const verifyQuery = (token: string) =>
  queryOptions({
    queryKey: ["users", "verify", token],
    queryFn: async () => {
      await answered(api.POST("/v1/users/verify-email", { body: { token } }));
      return true;
    },
    staleTime: Infinity,
    gcTime: Infinity,
    retry: false,
  });
