import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { appLayout } from "@/app/layouts";
import { withWords } from "@/i18n/apart";

import type { Outcome } from "./queries";

const OUTCOMES: Outcome[] = ["waiting", "sent", "failed", "dropped"];

// What asks is loaded apart too: the first load is short of room.
const queries = () => import("./queries");

export const webhookRoutes = [
  createRoute({
    getParentRoute: () => appLayout,
    path: "/webhooks",
    loader: ({ context }) =>
      void queries().then(({ endpointsQuery }) => context.queries.prefetchInfiniteQuery(endpointsQuery)),
    component: lazyRouteComponent(
      withWords("webhooks", () => import("./pages/list")),
      "EndpointsPage",
    ),
  }),
  createRoute({
    getParentRoute: () => appLayout,
    path: "/webhooks/new",
    component: lazyRouteComponent(
      withWords("webhooks", () => import("./pages/new")),
      "NewEndpointPage",
    ),
  }),
  createRoute({
    getParentRoute: () => appLayout,
    path: "/webhooks/$endpointId",
    validateSearch: ({ outcome }: Record<string, unknown>): { outcome?: Outcome } => ({
      outcome: OUTCOMES.find((each) => each === outcome),
    }),
    component: lazyRouteComponent(
      withWords("webhooks", () => import("./pages/one")),
      "EndpointPage",
    ),
  }),
  createRoute({
    getParentRoute: () => appLayout,
    path: "/webhooks/$endpointId/edit",
    component: lazyRouteComponent(
      withWords("webhooks", () => import("./pages/edit")),
      "EditEndpointPage",
    ),
  }),
  createRoute({
    getParentRoute: () => appLayout,
    path: "/webhooks/$endpointId/messages/$messageId",
    component: lazyRouteComponent(
      withWords("webhooks", () => import("./pages/message")),
      "MessagePage",
    ),
  }),
] as const;
