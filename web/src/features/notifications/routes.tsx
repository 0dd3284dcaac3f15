import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { appLayout } from "@/app/layouts";
import { withWords, words } from "@/i18n/apart";

import { wishesQuery } from "./queries";

export const notificationRoutes = [
  createRoute({
    getParentRoute: () => appLayout,
    path: "/account/notifications",
    beforeLoad: () => words("account"), // of whose pages it is one
    loader: ({ context }) => void context.queries.prefetchQuery(wishesQuery),
    component: lazyRouteComponent(
      withWords("notifications", () => import("./pages/wishes")),
      "WishesPage",
    ),
  }),
] as const;
