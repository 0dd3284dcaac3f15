/** A line of the stream is a notice at once, if one wishes to be told of such in the app; then the server is asked. */
import type { QueryClient } from "@tanstack/react-query";

import { later } from "@/lib/later";
import type { Line } from "@/lib/live";

import { noticesQuery, TOLD, unreadQuery, wishesQuery, type Notice } from "./queries";

export function heardNotice(queries: QueryClient, line: Line): void {
  if (!line.subject.startsWith("del_")) return;
  const told = queries.ensureQueryData(wishesQuery).then(({ events }) => {
    if (!events?.[line.kind]?.includes("in_app")) return;
    // Whose matter it is that something needs attention, the server says.
    if (line.kind !== "delivery.attention") add(queries, line);
    later("notices", () => void queries.invalidateQueries({ queryKey: TOLD }));
  });
  told.catch(() => undefined); // whoever comes back to the window asks anew
}

function add(queries: QueryClient, { id, subject, seq, kind, at, data }: Line): void {
  const said = (name: string) => {
    const value = data?.[name];
    return typeof value === "string" ? value : null;
  };
  const notice: Notice = {
    ...{ id, seq, at, delivery_id: subject, type: kind, read: false },
    ...{ reason: said("reason"), carrier: said("carrier"), attention: null },
  };
  const known = queries.getQueryData(noticesQuery.queryKey);
  if (known?.pages.some(({ items }) => items.some((each) => each.id === id))) return;
  queries.setQueryData(
    unreadQuery.queryKey,
    (unread) => unread && { ...unread, count: unread.count + (unread.more ? 0 : 1) },
  );
  queries.setQueryData(noticesQuery.queryKey, (list) => {
    const [first, ...rest] = list?.pages ?? [];
    return list && first && { ...list, pages: [{ ...first, items: [notice, ...first.items] }, ...rest] };
  });
}
