import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";

import { appLayout } from "@/app/layouts";
import { words } from "@/i18n/apart";
import { session } from "@/lib/session";

import type { Audit, Search } from "./queries";

const text = (value: unknown) => (typeof value === "string" && value ? value : undefined);

/** Staff alone; the server says so too. */
const staff = async () => {
  if (session.get()?.role === "customer") throw redirect({ to: "/deliveries" });
  await words("support");
};

export const supportRoutes = [
  createRoute({
    getParentRoute: () => appLayout,
    path: "/support",
    beforeLoad: staff,
    component: lazyRouteComponent(() => import("./pages/attention"), "AttentionPage"),
  }),
  createRoute({
    getParentRoute: () => appLayout,
    path: "/support/deliveries",
    beforeLoad: staff,
    validateSearch: ({ text: words, organisation }: Record<string, unknown>): Search => ({
      text: text(words),
      organisation: text(organisation),
    }),
    component: lazyRouteComponent(() => import("./pages/search"), "SearchPage"),
  }),
  createRoute({
    getParentRoute: () => appLayout,
    path: "/support/deliveries/$deliveryId",
    beforeLoad: staff,
    component: lazyRouteComponent(() => import("./pages/story"), "StoryPage"),
  }),
  createRoute({
    getParentRoute: () => appLayout,
    path: "/support/carriers",
    beforeLoad: staff,
    component: lazyRouteComponent(() => import("./pages/carriers"), "CarriersPage"),
  }),
  createRoute({
    getParentRoute: () => appLayout,
    path: "/support/rules",
    beforeLoad: staff,
    component: lazyRouteComponent(() => import("./pages/rules"), "RulesPage"),
  }),
  createRoute({
    getParentRoute: () => appLayout,
    path: "/support/areas",
    beforeLoad: staff,
    component: lazyRouteComponent(() => import("./pages/areas"), "AreasPage"),
  }),
  createRoute({
    getParentRoute: () => appLayout,
    path: "/support/areas/$areaId",
    beforeLoad: staff,
    component: lazyRouteComponent(() => import("./pages/area"), "AreaPage"),
  }),
  createRoute({
    getParentRoute: () => appLayout,
    path: "/support/audit",
    beforeLoad: staff,
    validateSearch: ({ subject, about, actor, kind, since, until }: Record<string, unknown>): Audit => ({
      subject: text(subject),
      about: text(about),
      actor: text(actor),
      kind: text(kind),
      since: text(since),
      until: text(until),
    }),
    component: lazyRouteComponent(() => import("./pages/audit"), "AuditPage"),
  }),
  createRoute({
    getParentRoute: () => appLayout,
    path: "/support/people",
    beforeLoad: staff,
    component: lazyRouteComponent(() => import("./pages/people"), "PeoplePage"),
  }),
] as const;
