/** The three roots that features hang their routes on: everything, pages for anybody, pages for who is signed in. */
import { createRootRouteWithContext, createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import type { QueryClient } from "@tanstack/react-query";

import { token } from "@/lib/session";

import { Crashed, NotFound, Root } from "./shell/root";

export const rootRoute = createRootRouteWithContext<{ queries: QueryClient }>()({
  component: Root,
  notFoundComponent: NotFound,
  errorComponent: Crashed,
});

/** No sign-in: signing in itself, links of letters, a recipient's page. */
export const openLayout = createRoute({
  getParentRoute: () => rootRoute,
  id: "open",
  component: lazyRouteComponent(() => import("./shell/open"), "Open"),
});

/** The app proper; who is not signed in comes back here afterwards. */
export const appLayout = createRoute({
  getParentRoute: () => rootRoute,
  id: "app",
  beforeLoad: async ({ location }) => {
    const held = await token().catch(() => "away"); // the server is away: the page says so itself
    if (held === null) throw redirect({ to: "/sign-in", search: { to: location.href } });
  },
  component: lazyRouteComponent(() => import("./shell/shell"), "Shell"),
});
