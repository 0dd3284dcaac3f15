/** Where the navigation leads. A feature adds its line here; the palette shows the same. */
import { IconChartBar, IconReceipt, IconTruckDelivery, IconWebhook } from "@tabler/icons-react";

export const PLACES = [
  { to: "/deliveries", label: "places.deliveries", icon: IconTruckDelivery, IconWebhook },
  { to: "/ledger", label: "places.ledger", icon: IconReceipt },
  { to: "/insights", label: "places.insights", icon: IconChartBar },
  { to: "/webhooks", label: "places.webhooks", icon: IconWebhook },
] as const;
