/** How far an import is, as the stream tells it. */
import type { QueryClient } from "@tanstack/react-query";

import type { Line } from "@/lib/live";

const PAUSE_MS = 300;
const due = new Map<string, ReturnType<typeof setTimeout>>();

export function heardImport(queries: QueryClient, line: Line): void {
  const id = line.subject;
  if (!id.startsWith("imp_") || due.has(id)) return;
  const clock = setTimeout(() => {
    due.delete(id);
    // Keys as in queries.ts, which the first load does not carry.
    for (const key of [["one", id], ["lines", id], ["list"]])
      void queries.invalidateQueries({ queryKey: ["imports", ...key] });
  }, PAUSE_MS);
  due.set(id, clock);
}
