import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { appLayout } from "@/app/layouts";
import { withWords } from "@/i18n/apart";

import { filters } from "./filter";

export const insightRoutes = [
  createRoute({
    getParentRoute: () => appLayout,
    path: "/insights",
    validateSearch: filters,
    loaderDeps: ({ search }) => search,
    // What asks is loaded apart too: the first load is short of room.
    loader: ({ context, deps }) =>
      void import("./queries").then(({ figuresQuery }) => context.queries.prefetchQuery(figuresQuery(deps))),
    component: lazyRouteComponent(
      withWords("insights", () => import("./pages/insights")),
      "InsightsPage",
    ),
  }),
] as const;
