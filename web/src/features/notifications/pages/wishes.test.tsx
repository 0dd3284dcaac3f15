import { screen, within } from "@testing-library/react";
import { expect, test, vi } from "vitest";

import type { Schemas } from "@/lib/api/client";
import { visit } from "@/testing/render";
import { http, server } from "@/testing/server";

// The stream is the browser test's: jsdom has none of what it stands on.
vi.mock("@/lib/live", async (original) => ({ ...(await original<object>()), follow: () => undefined }));

const USUAL: Schemas["Wishes"]["usual"] = { "delivery.delivered": ["in_app"], "delivery.lost": ["email", "in_app"] };
const wishes = (body: Partial<Schemas["Preferences"]> = {}): Schemas["Wishes"] => ({
  ...{ letters: true, digest: "immediate", daily_at: "08:00:00", time_zone: "America/Sao_Paulo", quiet_hours: null },
  ...body,
  events: { ...USUAL, ...body.events },
  usual: USUAL,
});

test("two quick ticks end in both, times are kept whole, and a refused tick is taken back", async () => {
  const sent: Schemas["Preferences"][] = [];
  let kept = wishes();
  let refuse = false;
  server.use(
    http.get("/v1/notification-preferences", ({ response }) => response(200).json(kept)),
    http.put("/v1/notification-preferences", async ({ request, response }) => {
      if (refuse) return response(503).json({ title: "", status: 503, code: "unavailable", detail: "" } as never);
      sent.push(await request.json());
      kept = wishes(sent.at(-1));
      return response(200).json(kept);
    }),
  );
  const { user } = visit("/account/notifications");
  const table = within(await screen.findByRole("table", { name: "What to tell you of" }));
  const letter = await table.findByRole("checkbox", { name: "Delivered: E-mail" });
  const inApp = table.getByRole("checkbox", { name: "Lost: In app" });
  await user.click(letter);
  await user.click(inApp);
  expect(letter).toBeChecked(); // before any answer
  await expect.poll(() => sent.length).toBe(2);
  expect(sent[1]?.events).toEqual({ "delivery.delivered": ["in_app", "email"], "delivery.lost": ["email"] });
  expect(inApp).not.toBeChecked();

  const letters = within(screen.getByRole("region", { name: "E-mails" }));
  await user.selectOptions(letters.getByLabelText("How often"), "A summary each day");
  await user.click(letters.getByLabelText("Quiet hours"));
  const until = letters.getByLabelText("To");
  await user.clear(until);
  await user.type(until, "22:00");
  await user.click(letters.getByRole("button", { name: "Save" }));
  expect(await letters.findByText("Choose two different times")).toBeVisible();
  await user.clear(until);
  await user.type(until, "06:30");
  await user.click(letters.getByRole("button", { name: "Save" }));
  await expect.poll(() => sent.length).toBe(3);
  expect(sent[2]).toMatchObject({
    digest: "daily",
    daily_at: "08:00",
    quiet_hours: { since: "22:00", until: "06:30" },
    events: sent[1]?.events,
  });

  refuse = true;
  await user.click(letter);
  expect(await screen.findByRole("alert")).toBeVisible();
  await expect.poll(() => letter).toBeChecked();
});
