import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { appLayout } from "@/app/layouts";
import { withWords } from "@/i18n/apart";

import { entryFilters, months } from "./filter";
import type { AdjustmentStatus, Compared } from "./queries";

const words = <T,>(load: () => Promise<T>) => withWords("ledger", load);
// What asks is loaded apart too: the first load is short of room.
const queries = () => import("./queries");

const STATUSES: AdjustmentStatus[] = ["proposed", "posted", "rejected"];
const OUTCOMES: Compared[] = ["matched", "amount_differs", "unknown_to_us", "missing_from_theirs"];

export const ledgerRoutes = [
  createRoute({
    getParentRoute: () => appLayout,
    path: "/ledger",
    validateSearch: months,
    loaderDeps: ({ search }) => search,
    loader: ({ context, deps }) =>
      void queries().then(({ statementQuery }) => context.queries.prefetchQuery(statementQuery(deps))),
    component: lazyRouteComponent(
      words(() => import("./pages/statement")),
      "StatementPage",
    ),
  }),
  createRoute({
    getParentRoute: () => appLayout,
    path: "/ledger/entries",
    validateSearch: entryFilters,
    component: lazyRouteComponent(
      words(() => import("./pages/entries")),
      "EntriesPage",
    ),
  }),
  createRoute({
    getParentRoute: () => appLayout,
    path: "/ledger/adjustments",
    validateSearch: ({ status }: Record<string, unknown>): { status?: AdjustmentStatus } => ({
      status: STATUSES.find((each) => each === status),
    }),
    component: lazyRouteComponent(
      words(() => import("./pages/adjustments")),
      "AdjustmentsPage",
    ),
  }),
  createRoute({
    getParentRoute: () => appLayout,
    path: "/ledger/adjustments/new",
    validateSearch: ({ delivery }: Record<string, unknown>): { delivery?: string } => ({
      delivery: typeof delivery === "string" ? delivery : undefined,
    }),
    component: lazyRouteComponent(
      words(() => import("./pages/new-adjustment")),
      "NewAdjustmentPage",
    ),
  }),
  createRoute({
    getParentRoute: () => appLayout,
    path: "/ledger/adjustments/$adjustmentId",
    component: lazyRouteComponent(
      words(() => import("./pages/adjustment")),
      "AdjustmentPage",
    ),
  }),
  createRoute({
    getParentRoute: () => appLayout,
    path: "/ledger/reconciliations",
    component: lazyRouteComponent(
      words(() => import("./pages/reconciliations")),
      "ReconciliationsPage",
    ),
  }),
  createRoute({
    getParentRoute: () => appLayout,
    path: "/ledger/reconciliations/new",
    component: lazyRouteComponent(
      words(() => import("./pages/new-reconciliation")),
      "NewReconciliationPage",
    ),
  }),
  createRoute({
    getParentRoute: () => appLayout,
    path: "/ledger/reconciliations/$reconciliationId",
    validateSearch: (told: Record<string, unknown>): { outcome?: Compared; open?: true } => ({
      outcome: OUTCOMES.find((each) => each === told.outcome),
      open: told.open === true || undefined,
    }),
    component: lazyRouteComponent(
      words(() => import("./pages/reconciliation")),
      "ReconciliationPage",
    ),
  }),
] as const;
