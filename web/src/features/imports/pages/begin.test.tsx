import { screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";

import { visit } from "@/testing/render";
import { http, server } from "@/testing/server";

vi.mock("@/lib/live", async (original) => ({ ...(await original<object>()), follow: () => undefined }));

test("what is wrong with a file is told line by line, and mended it is another request", async () => {
  const keys: (string | null)[] = [];
  server.use(
    http.get("/v1/imports", ({ response }) => response(200).json({ items: [], next: null })),
    http.post("/v1/imports", ({ request, response }) => {
      keys.push(request.headers.get("Idempotency-Key"));
      const wrong = {
        line: 3,
        column: "weight_g",
        code: "missing",
        detail: "a whole number",
        pointer: "line/3/weight_g",
      };
      return response(422).json({ code: "lines_wrong", status: 422, wrong: 7, errors: [wrong] } as never);
    }),
  );
  const { user } = visit("/deliveries/import");
  const start = await screen.findByRole("button", { name: "Check and start" });
  await user.click(start);
  expect(start).toHaveAccessibleDescription("Choose a file first.");
  const file = new File(["reference\n"], "orders.csv", { type: "text/csv" });
  // jsdom's files cannot be read.
  Object.assign(file, { arrayBuffer: () => Promise.resolve(new TextEncoder().encode("reference\n").buffer) });
  await user.upload(screen.getByLabelText("CSV file"), file);
  await user.click(start);
  expect(await screen.findByRole("row", { name: "3 weight_g This is missing." })).toBeVisible();
  expect(screen.getByText("and 6 more problems")).toBeVisible();
  await user.upload(screen.getByLabelText("CSV file"), file);
  await expect.poll(() => screen.queryByRole("table")).toBeNull();
  await user.click(start);
  await screen.findByRole("row", { name: /^3 weight_g/ });
  expect(new Set(keys).size).toBe(2);
});
