import { http as plain, HttpResponse } from "msw";
import { beforeEach, expect, test } from "vitest";

import { server } from "@/testing/server";

import { answered, api } from "./api/client";
import { admit, session, token } from "./session";

const claims = btoa(JSON.stringify({ sub: "usr_1", org: "org_1", role: "customer", org_role: "owner" }));
const answer = (n: number) => ({ access_token: `h.${claims}.${n}`, token_type: "Bearer" as const, expires_in: 600 });
const RENEW = "/v1/users/refresh";
let renewed = 0;

beforeEach(() => {
  session.set(null);
  renewed = 0;
  server.use(plain.post("*/v1/users/refresh", () => HttpResponse.json(answer(++renewed))));
});

test("nobody is asked about a cookie that there cannot be", async () => {
  expect(await token()).toBeNull();
  expect(renewed).toBe(0);
});

test("however many ask at once, the cookie is shown once", async () => {
  admit({ ...answer(0), expires_in: 1 });
  const tokens = await Promise.all([token(), token(), token()]);
  expect(renewed).toBe(1);
  expect(new Set(tokens)).toEqual(new Set([answer(1).access_token]));
});

test("a token that is refused is renewed, and the request made again", async () => {
  admit(answer(0));
  server.use(
    plain.get("*/v1/users/me", ({ request }) =>
      request.headers.get("Authorization") === `Bearer ${answer(1).access_token}`
        ? HttpResponse.json({ id: "usr_1" })
        : HttpResponse.json({ code: "unauthenticated" }, { status: 401 }),
    ),
  );
  expect(await answered(api.GET("/v1/users/me"))).toMatchObject({ id: "usr_1" });
  expect(renewed).toBe(1);
});

test("a session that is over is forgotten", async () => {
  admit({ ...answer(0), expires_in: 1 });
  server.use(plain.post("*/v1/users/refresh", () => HttpResponse.json({ code: "unauthenticated" }, { status: 401 })));
  expect(await token()).toBeNull();
  expect(session.get()).toBeNull();
});

test("what was asked before any module had come is taken once, and nobody asks again", async () => {
  localStorage.setItem("entrega.signed-in", "1");
  window.early = { [RENEW]: Promise.resolve(Response.json(answer(7))) };
  expect(await token()).toBe(answer(7).access_token);
  expect(renewed).toBe(0);
  admit({ ...answer(8), expires_in: 1 });
  expect(await token()).toBe(answer(1).access_token);
});

test("an early answer that came to nothing, or after signing in, is left alone", async () => {
  localStorage.setItem("entrega.signed-in", "1");
  window.early = { [RENEW]: Promise.reject(new TypeError("network")) };
  expect(await token()).toBe(answer(1).access_token);
  admit({ ...answer(8), expires_in: 1 });
  window.early = { [RENEW]: Promise.resolve(Response.json({ code: "unauthenticated" }, { status: 401 })) };
  expect(await token()).toBe(answer(2).access_token);
});
