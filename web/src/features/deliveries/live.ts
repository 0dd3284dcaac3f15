/** A line of the journal patches what is shown at once; the rest of the delivery is asked for when lines pause. */
import type { InfiniteData, QueryClient } from "@tanstack/react-query";

import type { Schemas } from "@/lib/api/client";
import { later } from "@/lib/later";
import type { Line } from "@/lib/live";

import { deliveriesPage, keys, type Delivery, type Filter, type Status } from "./queries";

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
    for (const key of [keys.one, keys.timeline, keys.entries, keys.workflow])
      void queries.invalidateQueries({ queryKey: key(line.subject) });
  });
  later("lists", () => void freshen(queries));
}

/** The top of each list that is shown; what is further down is known already, however far somebody has scrolled. */
async function freshen(queries: QueryClient): Promise<void> {
  void queries.invalidateQueries({ queryKey: keys.lists, refetchType: "none" });
  for (const { queryKey } of queries.getQueryCache().findAll({ queryKey: keys.lists, type: "active" })) {
    const top = await deliveriesPage(queryKey[2] as Filter, null).catch(() => null); // the next line tries again
    if (top) queries.setQueryData<Lists>(queryKey, (known) => known && merged(known, top.items));
  }
}

function merged(known: Lists, top: Delivery[]): Lists {
  const fresh = new Map(top.map((each) => [each.id, each]));
  const pages = known.pages.map((page) => ({
    ...page,
    items: page.items.map((each) => {
      const found = fresh.get(each.id);
      fresh.delete(each.id);
      return found && found.updated_at >= each.updated_at ? found : each;
    }),
  }));
  const [first, ...rest] = pages;
  return first ? { ...known, pages: [{ ...first, items: [...fresh.values(), ...first.items] }, ...rest] } : known;
}
