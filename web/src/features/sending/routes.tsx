import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { appLayout } from "@/app/layouts";
import { withWords } from "@/i18n/apart";

import { deliveryQuery } from "../deliveries/queries";
import { meQuery } from "../users/queries";

const A_DELIVERY = /^del_[0-9a-f]{32}$/;
const anId = (value: unknown) => (typeof value === "string" && A_DELIVERY.test(value) ? value : undefined);

export const sendingRoutes = [
  createRoute({
    getParentRoute: () => appLayout,
    path: "/deliveries/new",
    // `from` is repeated; `delivery` has been asked for, and its offers are looked at.
    validateSearch: ({ from, delivery }: Record<string, unknown>): { from?: string; delivery?: string } => ({
      from: anId(from),
      delivery: anId(delivery),
    }),
    loaderDeps: ({ search }) => search,
    loader: ({ context, deps }) => {
      const its = deps.delivery ?? deps.from;
      if (its) void context.queries.prefetchQuery(deliveryQuery(its));
      void context.queries.prefetchQuery(meQuery);
    },
    component: lazyRouteComponent(
      withWords("sending", () => import("./pages/new")),
      "NewDeliveryPage",
    ),
  }),
  createRoute({
    getParentRoute: () => appLayout,
    path: "/quotes",
    component: lazyRouteComponent(
      withWords("sending", () => import("./pages/prices")),
      "PricesPage",
    ),
  }),
] as const;
