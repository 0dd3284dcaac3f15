import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { appLayout } from "@/app/layouts";

import { importQuery, importsQuery, type Outcome } from "./queries";

const OUTCOMES: readonly unknown[] = ["waiting", "requested", "failed", "cancelled"] satisfies Outcome[];

export const importRoutes = [
  createRoute({
    getParentRoute: () => appLayout,
    path: "/deliveries/import",
    loader: ({ context }) => void context.queries.prefetchQuery(importsQuery),
    component: lazyRouteComponent(() => import("./pages/begin"), "ImportPage"),
  }),
  createRoute({
    getParentRoute: () => appLayout,
    path: "/deliveries/import/$importId",
    validateSearch: ({ outcome }: Record<string, unknown>): { outcome?: Outcome } => ({
      outcome: OUTCOMES.includes(outcome) ? (outcome as Outcome) : undefined,
    }),
    loader: ({ context, params }) => void context.queries.prefetchQuery(importQuery(params.importId)),
    component: lazyRouteComponent(() => import("./pages/one"), "OneImportPage"),
  }),
] as const;
