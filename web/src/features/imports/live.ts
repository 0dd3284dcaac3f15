/** How far an import is, as the stream tells it. */
import type { QueryClient } from "@tanstack/react-query";

import type { Line } from "@/lib/live";

import { keys } from "./queries";

const PAUSE_MS = 300;
const due = new Map<string, ReturnType<typeof setTimeout>>();

export function heardImport(queries: QueryClient, line: Line): void {
  const id = line.subject;
  if (!id.startsWith("imp_") || due.has(id)) return;
  const clock = setTimeout(() => {
    due.delete(id);
    void queries.invalidateQueries({ queryKey: keys.one(id) });
    void queries.invalidateQueries({ queryKey: ["imports", "lines", id] });
    void queries.invalidateQueries({ queryKey: keys.list });
  }, PAUSE_MS);
  due.set(id, clock);
}
