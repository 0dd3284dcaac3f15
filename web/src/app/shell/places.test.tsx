import { screen, within } from "@testing-library/react";
import { expect, test, vi } from "vitest";

import { visit } from "@/testing/render";

// The stream is the browser test's: jsdom has none of what it stands on.
vi.mock("@/lib/live", async (original) => ({ ...(await original<object>()), follow: () => undefined }));

test("a phone's bar has four places, and its button has the rest in a sheet", async () => {
  visit("/quotes", { role: "support" });
  const bar = within(await screen.findByRole("navigation", { name: "Main navigation" }));
  const more = bar.getByRole("button", { name: "More" });
  const sheet = document.getElementById(more.getAttribute("popovertarget") ?? "");
  const further = within(sheet as HTMLElement).getAllByRole("link", { hidden: true });
  expect(further.map((each) => each.textContent)).toEqual(["Insights", "Webhooks", "Support"]);
  expect(bar.getAllByRole("link")).toHaveLength(4); // it is closed
  expect(bar.getByRole("link", { name: "Prices" })).toHaveAttribute("aria-current", "page");
});
