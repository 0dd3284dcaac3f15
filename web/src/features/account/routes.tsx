import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { appLayout } from "@/app/layouts";
import { words } from "@/i18n/apart";
import { meQuery } from "@/features/users/queries";

// What asks is loaded apart too: the first load is short of room.
const queries = () => import("./queries");
const said = () => words("account");

export const accountRoutes = [
  createRoute({
    getParentRoute: () => appLayout,
    path: "/account",
    beforeLoad: said,
    loader: ({ context }) => void context.queries.prefetchQuery(meQuery),
    component: lazyRouteComponent(() => import("./pages/profile"), "ProfilePage"),
  }),
  createRoute({
    getParentRoute: () => appLayout,
    path: "/account/security",
    beforeLoad: said,
    loader: ({ context }) =>
      void queries().then(({ factorQuery, sessionsQuery }) => {
        void context.queries.prefetchQuery(factorQuery);
        void context.queries.prefetchQuery(sessionsQuery);
      }),
    component: lazyRouteComponent(() => import("./pages/security"), "SecurityPage"),
  }),
  createRoute({
    getParentRoute: () => appLayout,
    path: "/account/privacy",
    beforeLoad: said,
    loader: ({ context }) => void queries().then(({ factorQuery }) => context.queries.prefetchQuery(factorQuery)),
    component: lazyRouteComponent(() => import("./pages/privacy"), "PrivacyPage"),
  }),
] as const;
