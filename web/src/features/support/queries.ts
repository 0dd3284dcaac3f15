/** What staff ask about deliveries and people. Keys: `support`, then what. */
import { infiniteQueryOptions, queryOptions, useMutation } from "@tanstack/react-query";

import { downloaded } from "@/features/account/download";
import { answered, api, type Schemas } from "@/lib/api/client";

const A_PAGE = 50;
const OFTEN_MS = 10_000;

/** Everything that waits for a human, of all organisations; asked again and again, since the stream tells of one's own. */
export const attentionQuery = infiniteQueryOptions({
  queryKey: ["support", "attention"],
  queryFn: ({ pageParam, signal }) =>
    answered(
      api.GET("/v1/deliveries", {
        params: { query: { attention: ["any"], limit: A_PAGE, cursor: pageParam } },
        signal,
      }),
    ),
  initialPageParam: null as string | null,
  getNextPageParam: (last) => last.next ?? null,
  refetchInterval: OFTEN_MS,
});

export interface Search {
  text?: string;
  organisation?: string;
}

export const searchQuery = ({ text, organisation }: Search) =>
  infiniteQueryOptions({
    queryKey: ["support", "search", text, organisation],
    queryFn: ({ pageParam, signal }) =>
      answered(
        api.GET("/v1/deliveries", {
          params: { query: { q: text, organisation_id: organisation, limit: A_PAGE, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next ?? null,
  });

export const storyQuery = (id: string) =>
  queryOptions({
    queryKey: ["support", "story", id],
    queryFn: ({ signal }) =>
      answered(api.GET("/v1/deliveries/{delivery_id}/live", { params: { path: { delivery_id: id } }, signal })),
    refetchInterval: OFTEN_MS,
  });

export const exchangesQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ["support", "exchanges", id],
    queryFn: ({ pageParam, signal }) =>
      answered(
        api.GET("/v1/tracking/{delivery_id}/exchanges", {
          params: { path: { delivery_id: id }, query: { cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next ?? null,
  });

export interface Audit {
  subject?: string;
  about?: string;
  actor?: string;
  kind?: string;
  since?: string;
  until?: string;
}

const instant = (local: string | undefined) => {
  const at = local ? new Date(local) : null;
  return at && !Number.isNaN(at.getTime()) ? at.toISOString() : undefined;
};

export const auditQuery = ({ since, until, ...named }: Audit) =>
  infiniteQueryOptions({
    queryKey: ["support", "audit", named, since, until],
    queryFn: ({ pageParam, signal }) =>
      answered(
        api.GET("/v1/audit", {
          params: { query: { ...named, since: instant(since), until: instant(until), cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next ?? null,
  });

export const useFind = () =>
  useMutation({
    mutationFn: async (email: string) =>
      (await answered(api.POST("/v1/users/find", { body: { email } }))).items[0] ?? null,
  });

type Deed = "disable" | "enable" | "remove-second-factor";

/** What an administrator does to somebody's account; answers how it is then. */
export const useStanding = (id: string, then: (user: Schemas["UserView"]) => void) =>
  useMutation({
    mutationFn: (deed: Deed | { role: Schemas["Role"] }) => {
      const params = { path: { user_id: id } };
      if (typeof deed === "object") return answered(api.PUT("/v1/users/{user_id}/role", { params, body: deed }));
      if (deed === "disable") return answered(api.POST("/v1/users/{user_id}/disable", { params }));
      if (deed === "enable") return answered(api.POST("/v1/users/{user_id}/enable", { params }));
      return answered(api.POST("/v1/users/{user_id}/remove-second-factor", { params }));
    },
    onSuccess: then,
  });

type Ground = Schemas["WithGround"]["ground"];

/** One file of all that is held on somebody; that it was asked for goes on record. */
export const useExportPerson = (id: string) =>
  useMutation({
    mutationFn: (ground: Ground) => downloaded(`/v1/users/${id}/export`, { ground }, `entrega-${id}.json`),
  });

export const useErasePerson = (id: string) =>
  useMutation({
    mutationFn: (ground: Ground) =>
      answered(api.POST("/v1/users/{user_id}/erase", { params: { path: { user_id: id } }, body: { ground } })),
  });
