import { screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";

import { visit } from "@/testing/render";
import { http, server } from "@/testing/server";

import { heardDelivery } from "../live";
import type { Delivery } from "../queries";

// The stream is the browser test's: jsdom has none of what it stands on.
vi.mock("@/lib/live", async (original) => ({ ...(await original<object>()), follow: () => undefined }));

const stop = (street: string) => ({
  contact: { name: "Ana" },
  address: { street, number: "10", city: "São Paulo", postal_code: "01310200", country: "BR" },
});
const delivery = {
  id: `del_${"a".repeat(32)}`,
  status: "booked",
  created_at: "2026-11-25T12:00:00Z",
  updated_at: "2026-11-25T12:00:00Z",
  request: { pickup: stop("Rua Augusta"), dropoff: stop("Rua Funchal"), reference: "A-1", parcels: [] },
  offers: [],
} as unknown as Delivery;

test("what cannot be loaded is said, and loaded when asked again", async () => {
  server.use(
    http.get("/v1/deliveries", ({ response }) =>
      response(503).json({ title: "", status: 503, code: "unavailable", detail: "" } as never),
    ),
  );
  const { user } = visit("/deliveries");
  expect(await screen.findByRole("alert")).toHaveTextContent("This is away for a moment. Try again.");
  server.use(http.get("/v1/deliveries", ({ response }) => response(200).json({ items: [], next: null })));
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("No deliveries yet")).toBeVisible();
});

test("a line of the stream moves a delivery that is shown", async () => {
  server.use(http.get("/v1/deliveries", ({ response }) => response(200).json({ items: [delivery], next: null })));
  const { queries } = visit("/deliveries");
  expect(await screen.findByRole("link", { name: "Rua Funchal, 10 · São Paulo" })).toHaveAttribute(
    "href",
    `/deliveries/${delivery.id}`,
  );
  expect(screen.getByRole("cell", { name: "Booked" })).toBeVisible();
  const line = { subject: delivery.id, seq: 7, kind: "delivery.picked_up", at: "2026-11-25T12:05:00Z", data: {} };
  heardDelivery(queries, { ...line, id: "12.7", status: "picked_up" });
  expect(await screen.findByRole("cell", { name: "Picked up" })).toBeVisible();
});
