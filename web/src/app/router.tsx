/** Every address of the app. A feature adds its routes here, by one line. */
import type { QueryClient } from "@tanstack/react-query";
import { createRoute, createRouter, redirect } from "@tanstack/react-router";

import { accountRoutes } from "@/features/account/routes";
import { deliveryRoutes } from "@/features/deliveries/routes";
import { importRoutes } from "@/features/imports/routes";
import { openOrganisationRoutes, organisationRoutes } from "@/features/organisation/routes";
import { sendingRoutes } from "@/features/sending/routes";
import { supportRoutes } from "@/features/support/routes";
import { trackRoutes } from "@/features/track/routes";
import { insightRoutes } from "@/features/insights/routes";
import { ledgerRoutes } from "@/features/ledger/routes";
import { notificationRoutes } from "@/features/notifications/routes";
import { userRoutes } from "@/features/users/routes";
import { webhookRoutes } from "@/features/webhooks/routes";

import { appLayout, openLayout, rootRoute } from "./layouts";
import { Crashed, NotFound, Pending } from "./shell/root";

const home = createRoute({
  getParentRoute: () => rootRoute,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/deliveries" });
  },
});

const tree = rootRoute.addChildren([
  home,
  ...trackRoutes,
  openLayout.addChildren([...userRoutes, ...openOrganisationRoutes]),
  appLayout.addChildren([
    ...deliveryRoutes,
    ...importRoutes,
    ...sendingRoutes,
    ...ledgerRoutes,
    ...insightRoutes,
    ...webhookRoutes,
    ...accountRoutes,
    ...notificationRoutes,
    ...organisationRoutes,
    ...supportRoutes,
  ]),
]);

export function makeRouter(queries: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { queries },
    defaultPreload: "intent",
    defaultPreloadStaleTime: 0,
    scrollRestoration: true,
    search: { strict: true }, // what no route asked for is not handed to any
    defaultErrorComponent: Crashed,
    defaultNotFoundComponent: NotFound,
    defaultPendingComponent: Pending,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
