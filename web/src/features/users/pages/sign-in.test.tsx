import { screen } from "@testing-library/react";
import { expect, test } from "vitest";

import { http, server } from "@/testing/server";
import { visit } from "@/testing/render";

const claims = btoa(JSON.stringify({ sub: "usr_1", org: "org_1" }));
const problem = (code: string) => ({ type: "about:blank", title: "", status: 401, code, detail: "said by the server" });

test("an account with a second factor is asked for its code, then goes where it wanted", async () => {
  server.use(
    http.post("/v1/users/sign-in", async ({ request, response }) => {
      const { code } = await request.json();
      if (!code) return response(401).json(problem("second_factor_required") as never);
      if (code !== "123456") return response(401).json(problem("second_factor_wrong") as never);
      return response(200).json({
        access_token: `h.${claims}.s`,
        token_type: "Bearer",
        expires_in: 600,
        second_factor_due: false,
      });
    }),
  );
  const { user, router } = visit("/sign-in?to=/register", null);
  await user.type(await screen.findByLabelText("E-mail"), "ana@example.com");
  await user.type(screen.getByLabelText("Password"), "a long enough secret");
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  const code = await screen.findByLabelText("Code");
  expect(screen.queryByRole("alert")).not.toBeInTheDocument();
  await user.type(code, "000000");
  await user.click(screen.getByRole("button", { name: "Confirm" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("The code is wrong, or was used.");
  await user.clear(code);
  await user.type(code, "123456");
  await user.click(screen.getByRole("button", { name: "Confirm" }));
  await screen.findByRole("heading", { name: "Create an account" });
  expect(router.state.location.pathname).toBe("/register");
});

test("nobody is sent to another site after signing in", async () => {
  const { router } = visit("/sign-in?to=//evil.example", null);
  await screen.findByRole("heading", { name: "Sign in" });
  expect(router.state.location.search).not.toHaveProperty("to", expect.anything());
});

// The page itself is not reached: nothing is asked of the API.
test("a page of the app asks who is not signed in to do so", async () => {
  const { router } = visit("/deliveries?status=booked", null);
  await screen.findByRole("heading", { name: "Sign in" });
  const { to } = router.state.location.search as { to: string };
  expect(decodeURIComponent(to)).toBe('/deliveries?status=["booked"]');
});
