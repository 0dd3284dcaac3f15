import { screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";

import { visit } from "@/testing/render";
import { http, server } from "@/testing/server";

import type { Endpoint } from "../queries";

vi.mock("@/lib/live", async (original) => ({ ...(await original<object>()), follow: () => undefined }));

const endpoint: Endpoint = {
  id: "whe_1",
  organisation_id: "org_1",
  url: "https://shop.example.com/entrega",
  description: "The shop",
  events: [],
  enabled: false,
  disabled_reason: "gone",
  advice: null,
  created_by: "usr_1",
  created_at: "2026-11-20T12:00:00Z",
  updated_at: "2026-11-20T12:00:00Z",
};

test("a disabled endpoint says why, a test says what came of it, a member sees no secret", async () => {
  server.use(
    http.get("/v1/webhook-endpoints/{endpoint_id}", ({ response }) => response(200).json(endpoint)),
    http.get("/v1/webhook-endpoints/{endpoint_id}/messages", ({ response }) =>
      response(200).json({ items: [], next: null }),
    ),
    http.post("/v1/webhook-endpoints/{endpoint_id}/test", ({ response }) =>
      response(200).json({
        number: 1,
        at: "2026-11-20T12:00:00Z",
        latency_ms: 1234,
        error: "unreachable",
        message_id: "msg_1",
        taken: false,
      }),
    ),
  );
  const { user } = visit("/webhooks/whe_1", { orgRole: "member" });
  expect(await screen.findByText(/It answered 410/)).toBeVisible();
  expect(screen.getByRole("button", { name: "Show secret" })).toBeDisabled();
  await user.click(screen.getByRole("button", { name: "Send a test" }));
  expect(await screen.findByText("Not received: could not connect in 1,234 ms")).toBeVisible();
});

test("a new endpoint for chosen events shows its secret once", async () => {
  let asked: unknown;
  server.use(
    http.post("/v1/webhook-endpoints", async ({ request, response }) => {
      asked = await request.json();
      return response(201).json({ ...endpoint, enabled: true, disabled_reason: null, secret: "whsec_abc" });
    }),
  );
  const { user } = visit("/webhooks/new");
  await user.type(await screen.findByLabelText("URL"), "https://shop.example.com/entrega");
  await user.click(screen.getByLabelText("Only those chosen"));
  await user.click(screen.getByRole("button", { name: "Create endpoint" }));
  expect(await screen.findByText("Choose at least one event")).toBeVisible();
  await user.click(screen.getByRole("checkbox", { name: "Delivered" }));
  await user.click(screen.getByRole("button", { name: "Create endpoint" }));
  expect(await screen.findByText("whsec_abc")).toBeVisible();
  expect(asked).toEqual({
    url: "https://shop.example.com/entrega",
    description: null,
    events: ["delivery.delivered"],
    enabled: true,
  });
});
