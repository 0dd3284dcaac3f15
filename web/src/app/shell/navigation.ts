/** Where the navigation leads. A feature adds its line here; the palette shows the same. */
import { IconChartBar, IconTruckDelivery } from "@tabler/icons-react";

export const PLACES = [
  { to: "/deliveries", label: "places.deliveries", icon: IconTruckDelivery },
  { to: "/insights", label: "places.insights", icon: IconChartBar },
] as const;
