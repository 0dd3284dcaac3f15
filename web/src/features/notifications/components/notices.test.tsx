import { screen, within } from "@testing-library/react";
import { expect, test, vi } from "vitest";

import type { Schemas } from "@/lib/api/client";
import { visit } from "@/testing/render";
import { http, server } from "@/testing/server";

import { heardNotice } from "../live";

// The stream is the browser test's: jsdom has none of what it stands on.
vi.mock("@/lib/live", async (original) => ({ ...(await original<object>()), follow: () => undefined }));

const DELIVERY = `del_${"a".repeat(32)}`;
const notice = (id: string, type: string, read: boolean): Schemas["Notice"] => ({
  ...{ id, type, read, delivery_id: DELIVERY, seq: 1, at: "2026-11-25T12:00:00Z" },
});

test("the bell counts what comes live, and forgets what was read before the server answers", async () => {
  let items = [notice("1.2", "delivery.booked", false), notice("1.1", "delivery.picked_up", true)];
  const marked: unknown[] = [];
  server.use(
    http.get("/v1/deliveries", ({ response }) => response(200).json({ items: [], next: null })),
    http.get("/v1/deliveries/{delivery_id}", ({ response }) => response(404).json({} as never)),
    http.get("/v1/notifications/unread", ({ response }) =>
      response(200).json({ count: items.filter(({ read }) => !read).length, more: false }),
    ),
    http.get("/v1/notifications", ({ response }) => response(200).json({ items, next: null })),
    http.get("/v1/notification-preferences", ({ response }) =>
      response(200).json({
        ...{ letters: true, digest: "immediate", daily_at: "08:00:00", time_zone: "UTC", usual: {} },
        events: { "delivery.delivered": ["in_app"], "delivery.returned": ["email"] },
      }),
    ),
    http.post("/v1/notifications/read-all", async ({ request, response }) => {
      marked.push(await request.json());
      items = items.map((each) => ({ ...each, read: true }));
      return response(204).empty();
    }),
  );
  const { user, queries } = visit("/deliveries");
  await user.click(await screen.findByRole("button", { name: "Notices: 1 unread" }));
  const list = within(await screen.findByRole("list", { name: "Notices" }));
  expect(list.getAllByRole("listitem")).toHaveLength(2);

  items = [notice("1.3", "delivery.delivered", false), ...items];
  const line = { subject: DELIVERY, at: "2026-11-25T12:05:00Z", data: {} };
  heardNotice(queries, { ...line, id: "1.3", seq: 3, kind: "delivery.delivered" });
  heardNotice(queries, { ...line, id: "1.4", seq: 4, kind: "delivery.returned" }); // by letter alone
  expect(await screen.findByRole("button", { name: "Notices: 2 unread" })).toBeVisible();
  await expect.poll(() => list.getAllByRole("link")[0]?.textContent).toMatch(/^Delivered \(unread\)A delivery/);
  await expect.poll(() => list.getAllByRole("listitem")).toHaveLength(3);

  await user.click(screen.getByRole("button", { name: "Mark all as read" }));
  expect(await screen.findByRole("button", { name: "Notices" })).toBeVisible();
  await expect.poll(() => list.queryByText("(unread)", { exact: false })).toBeNull();
  await expect.poll(() => marked).toEqual([{ up_to: "1.3" }]);
});
