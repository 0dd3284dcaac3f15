import { screen, within } from "@testing-library/react";
import { expect, test } from "vitest";

import { example, http, server } from "@/testing/server";
import { visit } from "@/testing/render";

const STAFF = { role: "admin" };

const carrier = {
  code: "open_delivery",
  name: "Open Delivery",
  safety: "idempotent",
  credentials_schema: {},
  settings_schema: {},
} as const;

test("customers find no support console, neither in the navigation nor at its address", async () => {
  server.use(http.get("/v1/deliveries", ({ response }) => response(200).json({ items: [], next: null })));
  const { router } = visit("/support/carriers");
  await screen.findByText("No deliveries yet");
  expect(router.state.location.pathname).toBe("/deliveries");
  expect(screen.queryByRole("link", { name: "Support" })).not.toBeInTheDocument();
});

test("a carrier is paused with how, why and no end, and resumed after a second yes", async () => {
  let pause: object | null = null;
  server.use(
    http.get("/v1/carriers", ({ response }) =>
      response(200).json({ items: [{ ...carrier, pauses: pause ? [pause as never] : [] }], next: null }),
    ),
    http.get("/v1/carriers/{carrier}/accounts", ({ response }) => response(200).json({ items: [] })),
    http.put("/v1/carriers/{carrier}/pause", async ({ request, params, response }) => {
      const body = await request.json();
      expect(body).toEqual({ mode: "elsewhere", reason: "maintenance", until: null });
      pause = { ...body, carrier: params.carrier, account: null, actor: "usr_1", created_at: "2026-01-01T00:00:00Z" };
      return response(200).json(pause as never);
    }),
    http.delete("/v1/carriers/{carrier}/pause", ({ response }) => {
      pause = null;
      return response(204).empty();
    }),
  );
  const { user } = visit("/support/carriers", STAFF);
  await user.click(await screen.findByRole("button", { name: "Pause Open Delivery" }));
  const dialog = within(await screen.findByRole("dialog"));
  await user.click(dialog.getByRole("radio", { name: "Go elsewhere" }));
  await user.selectOptions(dialog.getByLabelText("Reason"), "Maintenance");
  await user.click(dialog.getByRole("button", { name: "Pause" }));
  expect(await screen.findByText(/Maintenance · until it is resumed/)).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Resume Open Delivery" }));
  await user.click(await screen.findByRole("button", { name: "Resume" }));
  expect(await screen.findByRole("button", { name: "Pause Open Delivery" })).toBeInTheDocument();
});

test("the case that staff work on is told with what they ask", async () => {
  const told: (string | null)[] = [];
  server.use(
    http.get("/v1/deliveries", ({ request, response }) => {
      told.push(request.headers.get("X-Access-Ticket"));
      return response(200).json({ items: [], next: null });
    }),
  );
  const { user } = visit("/support", STAFF);
  await screen.findByText("Nothing needs attention");
  await user.type(screen.getByLabelText("Case"), "CASE-7");
  await user.click(screen.getByRole("button", { name: "Refresh" }));
  await expect.poll(() => told.at(-1)).toBe("CASE-7");
  expect(told[0]).toBeNull();
});

test("somebody is erased for a ground, once their address was typed", async () => {
  const asked: unknown[] = [];
  server.use(
    http.post("/v1/users/find", ({ response }) =>
      response(200).json({
        items: [example("UserView", { id: "usr_2", name: "Bia", email: "bia@example.com" })],
      } as never),
    ),
    http.post("/v1/users/{user_id}/erase", async ({ params, request, response }) => {
      asked.push([params.user_id, await request.json()]);
      return response(204).empty();
    }),
  );
  const { user } = visit("/support/people", STAFF);
  await user.type(await screen.findByLabelText("E-mail"), "bia@example.com");
  await user.click(screen.getByRole("button", { name: "Search" }));
  await user.click(await screen.findByRole("button", { name: "Erase…" }));
  const dialog = within(await screen.findByRole("dialog"));
  await user.selectOptions(dialog.getByLabelText("On which ground"), "A law asks for it");
  await user.click(dialog.getByRole("button", { name: "Erase for good" }));
  expect(dialog.getByText("That is not the address.")).toBeVisible();
  await user.type(dialog.getByLabelText("Type the address to confirm"), "bia@example.com");
  await user.click(dialog.getByRole("button", { name: "Erase for good" }));
  expect(await screen.findByText("Bia was erased")).toBeInTheDocument();
  expect(asked).toEqual([["usr_2", { ground: "duty" }]]);
});
