/** What happens to endpoints and deliveries shows up in what is open of webhooks, when lines pause. */
import type { QueryClient } from "@tanstack/react-query";

import { later } from "@/lib/later";
import type { Line } from "@/lib/live";

const SENT_MS = 1500;

export function heardWebhook(queries: QueryClient, line: Line): void {
  if (!/^(webhook_endpoint|delivery)\./.test(line.kind)) return;
  later("webhooks", () => void queries.invalidateQueries({ queryKey: ["webhooks"] }), SENT_MS);
}
