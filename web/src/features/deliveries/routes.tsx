import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { appLayout } from "@/app/layouts";
import { withWords } from "@/i18n/apart";
import { configQuery } from "@/lib/config";

import { readFilter } from "./filter";
import { deliveriesQuery, deliveryQuery, timelineQuery } from "./queries";

export const deliveryRoutes = [
  createRoute({
    getParentRoute: () => appLayout,
    path: "/deliveries",
    validateSearch: readFilter,
    loaderDeps: ({ search }) => search,
    // Begun beside the page's code, not after it; the page draws its own skeleton.
    loader: ({ context, deps }) => void context.queries.prefetchInfiniteQuery(deliveriesQuery(deps)),
    component: lazyRouteComponent(() => import("./pages/list"), "DeliveriesPage"),
  }),
  createRoute({
    getParentRoute: () => appLayout,
    path: "/deliveries/$deliveryId",
    loader: ({ context, params }) => {
      void context.queries.prefetchQuery(deliveryQuery(params.deliveryId));
      void context.queries.prefetchQuery(timelineQuery(params.deliveryId));
      void context.queries.prefetchQuery(configQuery);
    },
    component: lazyRouteComponent(
      withWords("delivery", () => import("./pages/one")),
      "DeliveryPage",
    ),
  }),
] as const;
