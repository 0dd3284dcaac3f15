import { screen, within } from "@testing-library/react";
import { expect, test } from "vitest";

import { visit } from "@/testing/render";
import { http, server } from "@/testing/server";

const token = `trk_${"A".repeat(43)}`;

test("a recipient without a session sees where it stands, and nobody is asked who they are", async () => {
  const sent: (string | null)[] = [];
  server.use(
    http.get("/v1/track/{token}", ({ request, response }) => {
      sent.push(request.headers.get("Authorization"));
      return response(200).json({
        status: "out_for_delivery",
        carrier: "uber_direct",
        promised_at: "2099-11-25T15:00:00Z",
        steps: [
          { status: "quoted", at: "2026-11-25T11:59:00Z" },
          { status: "booked", at: "2026-11-25T12:00:00Z" },
          { status: "out_for_delivery", at: "2026-11-25T12:20:00Z" },
        ],
      });
    }),
  );
  visit(`/track/${token}`, null);
  expect(await screen.findByRole("heading", { level: 1, name: "It is almost there" })).toBeVisible();
  expect(screen.getByText(/^Expected:/)).toBeVisible();
  expect(screen.queryByText(/Choosing/)).not.toBeInTheDocument();
  const road = within(screen.getByRole("list", { name: "Progress of the delivery" }));
  expect(road.getByText("Out").closest("li")).toHaveAttribute("aria-current", "step");
  expect(sent).toEqual([null]);
});

test("a link that leads nowhere says so", async () => {
  server.use(http.get("/v1/track/{token}", ({ response }) => response(404).json({ code: "not_found" } as never)));
  visit(`/track/${token}`, null);
  expect(await screen.findByText("There is no such delivery")).toBeVisible();
});

test("one that lies in the archive says so", async () => {
  server.use(http.get("/v1/track/{token}", ({ response }) => response(410).json({ code: "archived" } as never)));
  visit(`/track/${token}`, null);
  expect(await screen.findByText("This delivery ended long ago")).toBeVisible();
});
