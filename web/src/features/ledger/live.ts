/** Moves of deliveries and corrections post entries: what is open of the books is asked for anew when lines pause. */
import type { QueryClient } from "@tanstack/react-query";

import { later } from "@/lib/later";
import type { Line } from "@/lib/live";

const PAUSE_MS = 1000;

export function heardLedger(queries: QueryClient, line: Line): void {
  if (!/^(delivery|adjustment|promise|reconciliation)\./.test(line.kind)) return;
  later("ledger", () => void queries.invalidateQueries({ queryKey: ["ledger"] }), PAUSE_MS);
}
