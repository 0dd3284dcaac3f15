/** The stream's lines go to whoever keeps something of them. A feature adds its listener here. */
import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

import { heardDelivery } from "@/features/deliveries/live";
import { heardImport } from "@/features/imports/live";
import { heardFigures } from "@/features/insights/live";
import { heardLedger } from "@/features/ledger/live";
import { heardNotice } from "@/features/notifications/live";
import { heardWebhook } from "@/features/webhooks/live";
import { follow, type Line } from "@/lib/live";

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
    // What was shown before the stream began may be older than it.
    follow(ending.signal, onLine, () => void queries.invalidateQueries());
    return () => ending.abort();
  }, [queries, who]);
}
