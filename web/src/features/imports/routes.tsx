import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { appLayout } from "@/app/layouts";
import { withWords } from "@/i18n/apart";

import type { Outcome } from "./queries";

// What asks is loaded apart too: the first load is short of room.
const queries = () => import("./queries");

const OUTCOMES: readonly unknown[] = ["waiting", "requested", "failed", "cancelled"] satisfies Outcome[];

export const importRoutes = [
  createRoute({
    getParentRoute: () => appLayout,
    path: "/deliveries/import",
    loader: ({ context }) => void queries().then(({ importsQuery }) => context.queries.prefetchQuery(importsQuery)),
    component: lazyRouteComponent(
      withWords("imports", () => import("./pages/begin")),
      "ImportPage",
    ),
  }),
  createRoute({
    getParentRoute: () => appLayout,
    path: "/deliveries/import/$importId",
    validateSearch: ({ outcome }: Record<string, unknown>): { outcome?: Outcome } => ({
      outcome: OUTCOMES.includes(outcome) ? (outcome as Outcome) : undefined,
    }),
    loader: ({ context, params }) =>
      void queries().then(({ importQuery }) => context.queries.prefetchQuery(importQuery(params.importId))),
    component: lazyRouteComponent(
      withWords("imports", () => import("./pages/one")),
      "OneImportPage",
    ),
  }),
] as const;
