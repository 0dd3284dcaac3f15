import { screen, within } from "@testing-library/react";
import { expect, test, vi } from "vitest";

import { visit } from "@/testing/render";
import { http, server } from "@/testing/server";

import { days, span } from "../filter";
import type { Figures } from "../queries";

vi.mock("@/lib/live", async (original) => ({ ...(await original<object>()), follow: () => undefined }));

const rate = (numerator: number, denominator: number) => ({
  numerator,
  denominator,
  value: denominator ? numerator / denominator : null,
});
const figures = (requested: number): Figures => ({
  ...{ requested, booked: requested, delivered: requested, returned: 0, lost: 0, expired: 0 },
  ...{ on_time: rate(requested - 1, requested), sla: rate(0, 0), quote_to_book: rate(requested, requested) },
  ...{ cancelled: rate(0, requested), failed: rate(0, requested), declined: rate(0, 0), refused: rate(0, 0) },
  time_to_pickup: { count: requested, mean: 600, p50: 600, p90: 900, p95: 950, buckets: {} },
  time_to_deliver: { count: requested, mean: 3000, p50: 3000, p90: 4000, p95: 4100, buckets: {} },
  money: [
    {
      bookings: requested,
      price: { amount: 1290 * requested, currency: "BRL" },
      mean_price: { amount: 1290, currency: "BRL" },
    },
  ],
  ...{ credits: [], refusals: [], failures: [], failed_attempts: [], cancellations: [] },
  declines: [{ carrier: "open_delivery", code: "timeout", count: 3 }],
});

test("a chart's table says each day of the span, those without deliveries too", async () => {
  server.use(
    http.get("/v1/figures", ({ response }) =>
      response(200).json({
        from: "2026-11-23",
        to: "2026-11-25",
        group_by: "day",
        totals: figures(4),
        series: [{ key: "2026-11-24", ...figures(4) }],
      }),
    ),
  );
  const { user } = visit("/insights");
  await user.click(await screen.findByRole("button", { name: "Deliveries as a table" }));
  const table = within(screen.getByRole("table", { name: "Deliveries" }));
  const told = table.getAllByRole("row").map((row) => row.textContent);
  expect(told).toEqual(["DayRequestedDelivered", "Nov 2300", "Nov 2444", "Nov 2500"]);
  expect(screen.getByText("3 of 4")).toBeVisible();
  expect(screen.getByRole("rowheader", { name: "Open delivery: no answer in time" })).toBeVisible();
});

test("nothing yet says what to do", async () => {
  server.use(
    http.get("/v1/figures", ({ response }) =>
      response(200).json({ from: "2026-11-01", to: "2026-11-25", group_by: "day", totals: figures(0), series: [] }),
    ),
  );
  visit("/insights");
  expect(await screen.findByText("Nothing to measure yet")).toBeVisible();
});

test("a span holds both its ends", () => {
  expect(span({ period: "7d" }, "2026-11-25")).toEqual({ from: "2026-11-19", to: "2026-11-25" });
  expect(span({ period: "before" }, "2026-03-31")).toEqual({ from: "2026-02-01", to: "2026-02-28" });
  expect(days("2026-02-27", "2026-03-01")).toEqual(["2026-02-27", "2026-02-28", "2026-03-01"]);
});
