/** The stream's lines go to whoever keeps something of them. A feature adds its listener here. */
import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

import { heardDelivery } from "@/features/deliveries/live";
import { heardImport } from "@/features/imports/live";
import { heardFigures } from "@/features/insights/live";
import { heardLedger } from "@/features/ledger/live";
import { heardNotice } from "@/features/notifications/live";
import { heardWebhook } from "@/features/webhooks/live";
import { later } from "@/lib/later";
import { follow, type Line } from "@/lib/live";

const A_MOMENT_MS = 1500;
const LISTENERS: ((queries: QueryClient, line: Line) => void)[] = [
  heardDelivery,
  heardImport,
  heardFigures,
  heardLedger,
  heardNotice,
  heardWebhook,
];

export function useLive(who: string | undefined): void {
  const queries = useQueryClient();
  useEffect(() => {
    if (!who) return undefined;
    const ending = new AbortController();
    const onLine = (line: Line) => LISTENERS.forEach((heard) => heard(queries, line));
    // What was shown before the stream began may be older than it; it is asked for again once the page stands.
    const anew = () => later("anew", () => void queries.invalidateQueries(), A_MOMENT_MS);
    follow(ending.signal, onLine, anew);
    return () => ending.abort();
  }, [queries, who]);
}
