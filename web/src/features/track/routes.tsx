import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { rootRoute } from "@/app/layouts";
import { words } from "@/i18n";

/** Of no frame: who has the link needs neither sign-in nor menu, and loads neither. */
export const trackRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/track/$token",
    component: lazyRouteComponent(async () => {
      const [page] = await Promise.all([import("./pages/track"), words("track")]);
      return page;
    }, "TrackPage"),
  }),
] as const;
