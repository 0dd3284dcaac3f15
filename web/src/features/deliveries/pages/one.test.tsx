import { screen, waitFor, within } from "@testing-library/react";
import { expect, test, vi } from "vitest";

import { visit } from "@/testing/render";
import { example, http, server } from "@/testing/server";

import type { Delivery } from "../queries";

vi.mock("@/lib/live", async (original) => ({ ...(await original<object>()), follow: () => undefined }));

const ID = `del_${"a".repeat(32)}`;
const delivery = (more: Partial<Delivery>) => example("DeliveryView", { id: ID, organisation_id: "org_1", ...more });

function serve(shown: Delivery, lines: object[] = [], scans: object[] = []) {
  server.use(
    http.get("/v1/deliveries/{delivery_id}", ({ response }) => response(200).json(shown)),
    http.get("/v1/deliveries/{delivery_id}/entries", ({ response }) => response(200).json({ items: [] })),
    http.get("/v1/tracking/{delivery_id}", ({ response }) => response(200).json({ lines, scans } as never)),
  );
}

test("what cannot be asked now says why, and is not asked", async () => {
  serve(delivery({ status: "in_transit", allowed: ["decide"] }));
  const { user } = visit(`/deliveries/${ID}`);
  const cancel = await screen.findByRole("button", { name: "Cancel…" });
  expect(cancel).toHaveAttribute("aria-disabled", "true");
  expect(cancel).toHaveAccessibleDescription("The courier has it already: ask for it back.");
  await user.click(cancel);
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(screen.getByRole("button", { name: "Answer…" })).toHaveAttribute("aria-disabled", "false");
});

test("the carrier is answered in the words that were chosen, under a key", async () => {
  serve(delivery({ status: "attempt_failed", attention: "decision_needed", allowed: ["decide"] }));
  const asked = vi.fn();
  server.use(
    http.post("/v1/deliveries/{delivery_id}/decide", async ({ request, response }) => {
      asked(await request.json(), request.headers.get("Idempotency-Key"));
      return response(200).json(delivery({ status: "out_for_delivery" }));
    }),
  );
  const { user } = visit(`/deliveries/${ID}`);
  await user.click(await screen.findByRole("button", { name: "Try with a note" }));
  const dialog = within(await screen.findByRole("dialog"));
  await user.click(dialog.getByRole("button", { name: "Send answer" }));
  expect(dialog.getByText("Say what is different.")).toBeVisible();
  await user.type(dialog.getByLabelText(/Note to the courier/), "Leave it with the porter");
  await user.click(dialog.getByRole("button", { name: "Send answer" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(asked).toHaveBeenCalledExactlyOnceWith(
    { decision: "redirect", note: "Leave it with the porter" },
    expect.stringMatching(/^[0-9a-f-]{36}$/),
  );
});

test("the timeline tells the carrier's own words, place and time; staff also see the workflow", async () => {
  const at = "2026-11-25T12:10:00Z";
  const line = { seq: 1, subject: ID, kind: "scan.problem", at, data: { scan_id: "s1", reason: "nobody_home" } };
  const scan = { id: "s1", kind: "problem", description: "Campainha quebrada", place: "Jardins", occurred_at: at };
  serve(delivery({ allowed: ["force_status"] }), [line], [scan]);
  server.use(
    http.get("/v1/deliveries/{delivery_id}/live", ({ response }) =>
      response(200).json({
        delivery: { ...delivery({ status: "picked_up" }), seq: 7, created_by: "usr_2" } as never,
        workflow_id: `delivery/${ID}`,
        workflow_url: "https://temporal.example.com/x",
      }),
    ),
  );
  visit(`/deliveries/${ID}`, { role: "support" });
  const step = await screen.findByText("Campainha quebrada · nobody home");
  expect(step.closest("li")).toHaveTextContent(/Problem reported.*Jardins/);
  expect(await screen.findByRole("link", { name: "Open in Temporal" })).toHaveAttribute(
    "href",
    "https://temporal.example.com/x",
  );
  expect(screen.getByText("Picked up (ahead of what is stored)")).toBeVisible();
  expect(screen.getByRole("button", { name: "Change" })).toHaveAccessibleDescription(
    "Only between the choice and pickup.",
  );
});
