import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { appLayout, openLayout } from "@/app/layouts";
import { words } from "@/i18n/apart";

const said = () => words("organisation");

export const organisationRoutes = [
  createRoute({
    getParentRoute: () => appLayout,
    path: "/organisation",
    beforeLoad: said,
    component: lazyRouteComponent(() => import("./pages/members"), "MembersPage"),
  }),
  createRoute({
    getParentRoute: () => appLayout,
    path: "/organisation/keys",
    beforeLoad: said,
    component: lazyRouteComponent(() => import("./pages/keys"), "KeysPage"),
  }),
  createRoute({
    getParentRoute: () => appLayout,
    path: "/organisation/access",
    beforeLoad: said,
    component: lazyRouteComponent(() => import("./pages/access"), "AccessPage"),
  }),
] as const;

export const openOrganisationRoutes = [
  createRoute({
    getParentRoute: () => openLayout,
    path: "/accept-invitation",
    beforeLoad: said,
    component: lazyRouteComponent(() => import("./pages/accept"), "AcceptPage"),
  }),
] as const;
