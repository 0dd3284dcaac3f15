import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { rootRoute } from "@/app/layouts";
import { withWords } from "@/i18n/apart";

/** Of no frame: who has the link needs neither sign-in nor menu, and loads neither. */
export const trackRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/track/$token",
    component: lazyRouteComponent(
      withWords("track", () => import("./pages/track")),
      "TrackPage",
    ),
  }),
] as const;
