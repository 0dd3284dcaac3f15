/** Figures follow what happens by a second or two; what is shown is asked for again when lines pause. */
import type { QueryClient } from "@tanstack/react-query";

import { later } from "@/lib/later";
import type { Line } from "@/lib/live";

const COUNTED_MS = 2500;

export function heardFigures(queries: QueryClient, line: Line): void {
  if (!/^(delivery|promise)\./.test(line.kind)) return;
  later("insights", () => void queries.invalidateQueries({ queryKey: ["insights"] }), COUNTED_MS);
}
