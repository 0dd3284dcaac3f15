import { screen, within } from "@testing-library/react";
import { expect, test } from "vitest";

import { http, server } from "@/testing/server";
import { visit } from "@/testing/render";

const MEMBERS = [
  { user_id: "usr_1", name: "Ana Souza", email: "ana@example.com", role: "owner", joined_at: "2026-01-01T00:00:00Z" },
  { user_id: "usr_2", name: "Bia Lima", email: "bia@example.com", role: "member", joined_at: "2026-02-01T00:00:00Z" },
] as const;

function organisation(role: "owner" | "member") {
  server.use(
    http.get("/v1/organisations", ({ response }) =>
      response(200).json({
        items: [{ organisation_id: "org_1", organisation_name: "Padaria", role }],
        next: null,
      }),
    ),
    http.get("/v1/organisations/{organisation_id}/members", ({ response }) =>
      response(200).json({ items: [...MEMBERS], next: null }),
    ),
    http.get("/v1/organisations/{organisation_id}/invitations", ({ response }) =>
      response(200).json({ items: [], next: null }),
    ),
  );
}

test("an owner removes a member after a second yes, and nobody by the first click", async () => {
  organisation("owner");
  const removed: unknown[] = [];
  server.use(
    http.delete("/v1/organisations/{organisation_id}/members/{user_id}", ({ params, response }) => {
      removed.push(params.user_id);
      return response(204).empty();
    }),
  );
  const { user } = visit("/organisation");
  await user.click(await screen.findByRole("button", { name: "Remove Bia Lima" }));
  const dialog = await screen.findByRole("dialog");
  expect(removed).toEqual([]);
  await user.click(within(dialog).getByRole("button", { name: "Remove" }));
  await expect.poll(() => removed).toEqual(["usr_2"]);
  await expect.poll(() => screen.queryByRole("button", { name: "Remove Ana Souza" })).toBeNull();
});

test("a member sees who belongs and is offered nothing that only owners may", async () => {
  organisation("member");
  visit("/organisation", { orgRole: "member" });
  const members = await screen.findByRole("list", { name: "Members" });
  expect(within(members).getByText("Bia Lima")).toBeInTheDocument();
  expect(screen.queryByRole("button", { name: /Remove|Hand over/ })).not.toBeInTheDocument();
  expect(screen.queryByRole("button", { name: "Send invitation" })).not.toBeInTheDocument();
});

test("whoever is invited and not signed in does so first", async () => {
  visit("/accept-invitation", null);
  expect(await screen.findByText(/This link is incomplete/)).toBeInTheDocument();
});
