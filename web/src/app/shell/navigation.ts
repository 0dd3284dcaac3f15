/** Where the navigation leads. A feature adds its line here; the palette shows the same. */
import {
  IconChartBar,
  IconLifebuoy,
  IconPackageExport,
  IconReceipt,
  IconTag,
  IconTruckDelivery,
  IconWebhook,
} from "@tabler/icons-react";

import { useSession } from "@/lib/session";

const PLACES = [
  { to: "/deliveries", label: "places.deliveries", icon: IconTruckDelivery },
  { to: "/deliveries/new", label: "places.send", icon: IconPackageExport },
  { to: "/quotes", label: "places.quotes", icon: IconTag },
  { to: "/ledger", label: "places.ledger", icon: IconReceipt },
  { to: "/insights", label: "places.insights", icon: IconChartBar },
  { to: "/webhooks", label: "places.webhooks", icon: IconWebhook },
  { to: "/support", label: "places.support", icon: IconLifebuoy, staff: true },
] as const;
export type Place = (typeof PLACES)[number];

/** Those of whoever is here: some are the staff's alone. */
export function usePlaces() {
  const staff = useSession()?.role !== "customer";
  return PLACES.filter((place) => staff || !("staff" in place));
}

/** Where one is, of the places: the one that says it most closely. */
export const placeOf = (path: string): string | undefined =>
  PLACES.map(({ to }) => to)
    .filter((to) => `${path}/`.startsWith(`${to}/`))
    .sort((a, b) => b.length - a.length)[0];
