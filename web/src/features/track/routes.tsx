import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { rootRoute } from "@/app/layouts";
import { words } from "@/i18n";

import { trackQuery } from "./queries";

/** Of no frame: who has the link needs neither sign-in nor menu, and loads neither. */
export const trackRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/track/$token",
    loader: ({ context, params }) => void context.queries.prefetchQuery(trackQuery(params.token)),
    component: lazyRouteComponent(async () => {
      const [page] = await Promise.all([import("./pages/track"), words("track")]);
      return page;
    }, "TrackPage"),
  }),
] as const;
