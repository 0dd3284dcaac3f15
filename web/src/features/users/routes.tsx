import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { openLayout } from "@/app/layouts";

/** Where to go on afterwards: a path of ours, never another site's. */
const onward = ({ to }: Record<string, unknown>): { to?: string } => ({
  to: typeof to === "string" && /^\/(?![/\\])/.test(to) ? to : undefined,
});

export const userRoutes = [
  createRoute({
    getParentRoute: () => openLayout,
    path: "/sign-in",
    validateSearch: onward,
    component: lazyRouteComponent(() => import("./pages/sign-in"), "SignInPage"),
  }),
  createRoute({
    getParentRoute: () => openLayout,
    path: "/register",
    component: lazyRouteComponent(() => import("./pages/register"), "RegisterPage"),
  }),
  createRoute({
    getParentRoute: () => openLayout,
    path: "/verify-email",
    component: lazyRouteComponent(() => import("./pages/verify-email"), "VerifyEmailPage"),
  }),
  createRoute({
    getParentRoute: () => openLayout,
    path: "/forgot-password",
    component: lazyRouteComponent(() => import("./pages/forgot-password"), "ForgotPasswordPage"),
  }),
  createRoute({
    getParentRoute: () => openLayout,
    path: "/reset-password",
    component: lazyRouteComponent(() => import("./pages/reset-password"), "ResetPasswordPage"),
  }),
] as const;
