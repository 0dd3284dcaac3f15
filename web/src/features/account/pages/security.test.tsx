import { screen, within } from "@testing-library/react";
import { expect, test } from "vitest";

import { http, server } from "@/testing/server";
import { visit } from "@/testing/render";

const CODES = ["aaaa-bbbb", "cccc-dddd"];

test("a second factor is set up by its first code, and its recovery codes are shown this once", async () => {
  let on = false;
  server.use(
    http.get("/v1/users/me/second-factor", ({ response }) =>
      response(200).json({ on, recovery_codes_left: on ? CODES.length : 0 }),
    ),
    http.get("/v1/users/me/sessions", ({ response }) => response(200).json({ items: [], next: null })),
    http.post("/v1/users/me/second-factor", async ({ request, response }) => {
      expect(await request.json()).toEqual({ password: "a long enough secret" });
      return response(201).json({ secret: "JBSWY3DP", uri: "otpauth://totp/Entrega:ana?secret=JBSWY3DP" });
    }),
    http.post("/v1/users/me/second-factor/confirm", async ({ request, response }) => {
      expect(await request.json()).toEqual({ code: "123456" });
      on = true;
      return response(200).json({ codes: CODES });
    }),
  );
  const { user } = visit("/account/security");
  await user.click(await screen.findByRole("button", { name: "Set up second factor" }));
  const dialog = within(await screen.findByRole("dialog"));
  await user.type(dialog.getByLabelText("Password"), "a long enough secret");
  await user.click(dialog.getByRole("button", { name: "Continue" }));
  expect(await dialog.findByLabelText("Key")).toHaveValue("JBSWY3DP");
  await dialog.findByRole("img", { name: "QR code of the key" });
  await user.type(dialog.getByLabelText("Code"), "123 456");
  await user.click(dialog.getByRole("button", { name: "Turn on" }));
  const codes = await dialog.findByRole("list", { name: "Recovery codes" });
  expect(within(codes).getAllByRole("listitem")).toHaveLength(CODES.length);
  await user.click(dialog.getByRole("button", { name: "I have kept them" }));
  expect(await screen.findByText("On. 2 recovery codes are left.")).toBeInTheDocument();
  await expect.poll(() => screen.queryByText("aaaa-bbbb")).toBeNull();
});
