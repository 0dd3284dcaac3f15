import { screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";

import { visit } from "@/testing/render";
import { http, server } from "@/testing/server";

import { minor } from "../minor";
import type { Adjustment, Entry } from "../queries";

vi.mock("@/lib/live", async (original) => ({ ...(await original<object>()), follow: () => undefined }));

const delivery_id = `del_${"a".repeat(32)}`;
const entry = (id: string, amount: number, kind: Entry["kind"]): Entry => ({
  id,
  posted_at: "2026-11-20T12:00:00Z",
  delivery_id,
  organisation_id: "org_1",
  account: "customer_receivable",
  kind,
  money: { amount, currency: "BRL" },
  step: id,
  memo: kind === "refund" ? "late" : "",
});

test("a statement tells what was owed after each line, back to the opening balance", async () => {
  server.use(
    http.get("/v1/statements", ({ response }) =>
      response(200).json({
        organisation_id: "org_1",
        period: {
          first: "2026-11-01",
          end: "2026-12-01",
          time_zone: "America/Sao_Paulo",
          since: "2026-11-01T03:00:00Z",
          until: "2026-12-01T03:00:00Z",
        },
        balances: [
          { account: "customer_receivable", currency: "BRL", opening: 1000, debits: 1290, credits: 300, closing: 1990 },
        ],
        owed: [{ amount: 1990, currency: "BRL" }],
      }),
    ),
    http.get("/v1/entries", ({ response }) =>
      response(200).json({ items: [entry("b", -300, "refund"), entry("a", 1290, "charge")], next: null }),
    ),
  );
  visit("/ledger?month=2026-11");
  const table = await screen.findByRole("table", { name: "Statement of the month" });
  await screen.findByRole("rowheader", { name: "Refund (late)" });
  const cells = [...table.querySelectorAll("tbody tr")].map((row) => [...row.children].map((each) => each.textContent));
  expect(cells.map((row) => row.slice(-2))).toEqual([
    ["\u22123.00", "19.90"],
    ["12.90", "22.90"],
  ]);
  expect(screen.queryByRole("link", { name: "Adjustments" })).not.toBeInTheDocument();
});

const proposed: Adjustment = {
  id: "adj_1",
  organisation_id: "org_1",
  status: "proposed",
  proposed_by: "usr_1",
  proposed_at: "2026-11-20T12:00:00Z",
  change: { delivery_id, kind: "refund", money: { amount: 25_000, currency: "BRL" }, reason: "damaged_parcel" },
};

test("who proposed an adjustment is told that another decides; another may", async () => {
  server.use(
    http.get("/v1/adjustments/{adjustment_id}", ({ response }) => response(200).json(proposed)),
    http.post("/v1/adjustments/{adjustment_id}/approve", ({ response }) => {
      server.use(
        http.get("/v1/adjustments/{adjustment_id}", ({ response: again }) =>
          again(200).json({ ...proposed, status: "posted" }),
        ),
      );
      return response(200).json({ ...proposed, status: "posted" });
    }),
  );
  const own = visit("/ledger/adjustments/adj_1", { role: "support" });
  expect(await screen.findByText(/somebody else of staff decides/)).toBeVisible();
  expect(screen.getByRole("button", { name: "Approve and post" })).toBeDisabled();
  own.unmount();
  const { user } = visit("/ledger/adjustments/adj_1", { role: "support", userId: "usr_2" });
  await user.click(await screen.findByRole("button", { name: "Approve and post" }));
  expect(await screen.findByText("Posted")).toBeVisible();
});

test.each([
  ["12,90", 1290],
  ["12.9", 1290],
  ["-3", -300],
  ["1.290,00", null],
  ["", null],
])("%s as minor units is %s", (text, amount) => expect(minor(text)).toBe(amount));
