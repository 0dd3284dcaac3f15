/** A line of the journal patches what is shown at once; the rest of the delivery is asked for when lines pause. */
import type { InfiniteData, QueryClient } from "@tanstack/react-query";

import type { Schemas } from "@/lib/api/client";
import { later } from "@/lib/later";
import type { Line } from "@/lib/live";

import { keys, type Delivery, type Status } from "./queries";

type Lists = InfiniteData<Schemas["Page_DeliveryView_"]>;

export function heardDelivery(queries: QueryClient, line: Line): void {
  if (!line.subject.startsWith("del_")) return;
  const status = line.status as Status | null | undefined;
  const newer = (delivery: Delivery): Delivery =>
    status && delivery.updated_at <= line.at ? { ...delivery, status, updated_at: line.at } : delivery;
  queries.setQueryData<Delivery>(keys.one(line.subject), (known) => known && newer(known));
  queries.setQueriesData<Lists>(
    { queryKey: keys.lists },
    (known) =>
      known && {
        ...known,
        pages: known.pages.map((page) =>
          page.items.some(({ id }) => id === line.subject)
            ? { ...page, items: page.items.map((each) => (each.id === line.subject ? newer(each) : each)) }
            : page,
        ),
      },
  );
  later(line.subject, () => {
    void queries.invalidateQueries({ queryKey: keys.one(line.subject) });
    void queries.invalidateQueries({ queryKey: keys.timeline(line.subject) });
  });
  later("lists", () => void queries.invalidateQueries({ queryKey: keys.lists }));
}
