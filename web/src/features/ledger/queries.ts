/** What the ledger is asked. Keys: `ledger`, then what, then which. */
import {
  infiniteQueryOptions,
  keepPreviousData,
  queryOptions,
  useMutation,
  useQueryClient,
} from "@tanstack/react-query";

import { answered, api, type Schemas } from "@/lib/api/client";

import { monthSpan, thisMonth, type EntryFilter, type Month } from "./filter";

export type Entry = Schemas["Entry"];
export type Balance = Schemas["Balance"];
export type Adjustment = Schemas["Adjustment"];
export type AdjustmentStatus = Schemas["AdjustmentStatus"];
export type Reconciliation = Schemas["Reconciliation"];
export type Line = Schemas["ReconciliationLine"];
export type Compared = Line["outcome"];

const A_PAGE = 50;
const ALL = ["ledger"] as const;

export const asked = ({ month, organisation }: Month) => ({
  ...monthSpan(month ?? thisMonth()),
  organisation_id: organisation,
});

export const statementQuery = (which: Month) =>
  queryOptions({
    queryKey: [...ALL, "statement", asked(which)],
    queryFn: ({ signal }) => answered(api.GET("/v1/statements", { params: { query: asked(which) }, signal })),
  });

/** As they stand now. */
export const balancesQuery = (organisation_id?: string) =>
  queryOptions({
    queryKey: [...ALL, "balances", organisation_id],
    queryFn: ({ signal }) => answered(api.GET("/v1/balances", { params: { query: { organisation_id } }, signal })),
  });

type EntryQuery = NonNullable<Parameters<typeof entriesQuery>[0]>;

/** Newest first; the API's own words. */
export const entriesQuery = (query: {
  organisation_id?: string;
  delivery_id?: string;
  kind?: Schemas["EntryKind"];
  account?: Schemas["Account"];
  currency?: Schemas["Currency"];
  since?: string;
  until?: string;
}) =>
  infiniteQueryOptions({
    queryKey: [...ALL, "entries", query],
    queryFn: ({ pageParam, signal }) =>
      answered(api.GET("/v1/entries", { params: { query: { ...query, limit: A_PAGE, cursor: pageParam } }, signal })),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next ?? null,
    placeholderData: keepPreviousData,
  });

/** Days of the reader's clock; both are in it. */
export function entriesOf({ account, kind, currency, delivery, organisation, from, to }: EntryFilter): EntryQuery {
  const midnight = (day: string, later: number) => {
    const at = new Date(`${day}T00:00:00`);
    at.setDate(at.getDate() + later);
    return at.toISOString();
  };
  return {
    account,
    kind,
    currency,
    delivery_id: delivery,
    organisation_id: organisation,
    since: from && midnight(from, 0),
    until: to && midnight(to, 1),
  };
}

export const adjustmentsQuery = (status?: AdjustmentStatus) =>
  infiniteQueryOptions({
    queryKey: [...ALL, "adjustments", status],
    queryFn: ({ pageParam, signal }) =>
      answered(api.GET("/v1/adjustments", { params: { query: { status, limit: A_PAGE, cursor: pageParam } }, signal })),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next ?? null,
  });

export const adjustmentQuery = (id: string) =>
  queryOptions({
    queryKey: [...ALL, "adjustment", id],
    queryFn: ({ signal }) =>
      answered(api.GET("/v1/adjustments/{adjustment_id}", { params: { path: { adjustment_id: id } }, signal })),
  });

export const reconciliationsQuery = infiniteQueryOptions({
  queryKey: [...ALL, "reconciliations"],
  queryFn: ({ pageParam, signal }) =>
    answered(api.GET("/v1/reconciliations", { params: { query: { limit: A_PAGE, cursor: pageParam } }, signal })),
  initialPageParam: null as string | null,
  getNextPageParam: (last) => last.next ?? null,
});

export const reconciliationQuery = (id: string) =>
  queryOptions({
    queryKey: [...ALL, "reconciliation", id],
    queryFn: ({ signal }) =>
      answered(
        api.GET("/v1/reconciliations/{reconciliation_id}", { params: { path: { reconciliation_id: id } }, signal }),
      ),
  });

/** As the invoice names them, then what it leaves out. */
export const linesQuery = (id: string, outcome: Compared | undefined, unsettled: boolean) =>
  infiniteQueryOptions({
    queryKey: [...ALL, "lines", id, outcome, unsettled],
    queryFn: ({ pageParam, signal }) =>
      answered(
        api.GET("/v1/reconciliations/{reconciliation_id}/lines", {
          params: { path: { reconciliation_id: id }, query: { outcome, unsettled, limit: A_PAGE, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next ?? null,
  });

/** Every account at every carrier. */
export const accountsQuery = queryOptions({
  queryKey: [...ALL, "carrier-accounts"],
  queryFn: async ({ signal }) => {
    const carriers = await answered(api.GET("/v1/carriers", { signal }));
    const told = await Promise.all(
      carriers.items.map(({ code }) =>
        answered(api.GET("/v1/carriers/{carrier}/accounts", { params: { path: { carrier: code } }, signal })),
      ),
    );
    return told.flatMap(({ items }) => items);
  },
});

/** A mutation after which the books are asked for anew. */
function useChange<V, D>(mutationFn: (value: V) => Promise<D>) {
  const queries = useQueryClient();
  return useMutation({ mutationFn, onSuccess: () => queries.invalidateQueries({ queryKey: ALL }) });
}

export const usePropose = (key: string) =>
  useChange((body: Schemas["AdjustmentCreate"]) =>
    answered(api.POST("/v1/adjustments", { body, params: { header: { "Idempotency-Key": key } } })),
  );

export const useDecide = (id: string) =>
  useChange((agreed: boolean) => {
    const params = { path: { adjustment_id: id } };
    return answered(
      agreed
        ? api.POST("/v1/adjustments/{adjustment_id}/approve", { params })
        : api.POST("/v1/adjustments/{adjustment_id}/reject", { params }),
    );
  });

export interface Invoice {
  carrier: string;
  account: string;
  from: string;
  to: string;
  file: File;
}

/** The file as it is: the API reads it line by line. */
export const useReconcile = () =>
  useChange(({ file, ...query }: Invoice) =>
    answered(
      api.POST("/v1/reconciliations", {
        params: { query },
        headers: { "Content-Type": "text/csv" },
        body: file as unknown as string,
        bodySerializer: (body) => body as unknown as BodyInit,
      }),
    ),
  );

export const useAccept = (id: string, number: number) =>
  useChange((delivery_id: string | null) =>
    answered(
      api.POST("/v1/reconciliations/{reconciliation_id}/lines/{number}/accept", {
        params: { path: { reconciliation_id: id, number } },
        body: { delivery_id },
      }),
    ),
  );

export const useDismiss = (id: string, number: number) =>
  useChange(() =>
    answered(
      api.POST("/v1/reconciliations/{reconciliation_id}/lines/{number}/dismiss", {
        params: { path: { reconciliation_id: id, number } },
      }),
    ),
  );
