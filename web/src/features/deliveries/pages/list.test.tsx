import { screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";

import { visit } from "@/testing/render";
import { example, http, server } from "@/testing/server";

import { heardDelivery } from "../live";

// The stream is the browser test's: jsdom has none of what it stands on.
vi.mock("@/lib/live", async (original) => ({ ...(await original<object>()), follow: () => undefined }));

const delivery = example("DeliveryView", { id: `del_${"a".repeat(32)}`, status: "booked" });

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
  expect(await screen.findByRole("link", { name: /^Avenida Paulista, 1578/ })).toHaveAttribute(
    "href",
    `/deliveries/${delivery.id}`,
  );
  expect(screen.getByRole("cell", { name: "Booked" })).toBeVisible();
  const line = { subject: delivery.id, seq: 7, kind: "delivery.picked_up", at: "2026-11-25T12:05:00Z", data: {} };
  heardDelivery(queries, { ...line, id: "12.7", status: "picked_up" });
  expect(await screen.findByRole("cell", { name: "Picked up" })).toBeVisible();
});
