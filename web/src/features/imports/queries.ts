/** What imports are asked: files of requests, and what became of their lines. */
import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { answered, api, signedFetch, type Schemas } from "@/lib/api/client";
import { refusal } from "@/lib/api/problem";

export type Import = Schemas["Import"];
export type Outcome = Schemas["domain__imports__Outcome"];

const A_PAGE = 50;
const PATIENCE_MS = 120_000; // 2 MiB by a phone

export const keys = {
  list: ["imports", "list"] as const,
  one: (id: string) => ["imports", "one", id] as const,
  lines: (id: string, outcome?: Outcome) => ["imports", "lines", id, outcome ?? null] as const,
};

export const importsQuery = queryOptions({
  queryKey: keys.list,
  queryFn: ({ signal }) => answered(api.GET("/v1/imports", { params: { query: { limit: 20 } }, signal })),
});

export const importQuery = (import_id: string) =>
  queryOptions({
    queryKey: keys.one(import_id),
    queryFn: ({ signal }) => answered(api.GET("/v1/imports/{import_id}", { params: { path: { import_id } }, signal })),
  });

export const linesQuery = (import_id: string, outcome?: Outcome) =>
  infiniteQueryOptions({
    queryKey: keys.lines(import_id, outcome),
    queryFn: ({ pageParam, signal }) =>
      answered(
        api.GET("/v1/imports/{import_id}/lines", {
          params: { path: { import_id }, query: { outcome, limit: A_PAGE, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next ?? null,
  });

export interface Upload {
  file: File;
  rule: Schemas["Rule"] | "";
  key: string;
}

/** Looks a file through and begins; rejects with Refused `lines_wrong` when nothing was begun. */
export function useBegin(then: (made: Import) => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ file, rule, key }: Upload) => {
      const url = new URL("/v1/imports", location.origin);
      if (rule) url.searchParams.set("rule", rule);
      const headers = { "Content-Type": "text/csv", "Idempotency-Key": key };
      // As its bytes are: the server knows which encoding a spreadsheet has written.
      const body = await file.arrayBuffer();
      const answer = await signedFetch(new Request(url, { method: "POST", headers, body }), PATIENCE_MS);
      if (!answer.ok) throw await refusal(answer);
      return (await answer.json()) as Import;
    },
    onSuccess: (made) => {
      queries.setQueryData(keys.one(made.id), made);
      void queries.invalidateQueries({ queryKey: keys.list });
      then(made);
    },
  });
}

export function useCancelImport(import_id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => answered(api.POST("/v1/imports/{import_id}/cancel", { params: { path: { import_id } } })),
    onSettled: () => queries.invalidateQueries({ queryKey: keys.one(import_id) }),
  });
}

/** A file with every column's name. */
export async function downloadTemplate(): Promise<void> {
  const answer = await signedFetch(new Request(new URL("/v1/imports/template.csv", location.origin)));
  if (!answer.ok) throw await refusal(answer);
  const made = URL.createObjectURL(await answer.blob());
  const link = document.createElement("a");
  link.href = made;
  link.download = "entregas.csv";
  link.click();
  URL.revokeObjectURL(made);
}
