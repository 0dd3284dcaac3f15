import { expect, test } from "vitest";

import { answered, api } from "@/lib/api/client";
import { server } from "@/testing/server";

import { example, generated } from "./generated";
import { world } from "./world";

test("whatever is asked is answered as described: one's own route before another's, the status, no second page", async () => {
  server.resetHandlers(...generated);
  expect(await answered(api.GET("/v1/users/me"))).toEqual(example("UserView"));
  const delivery = { params: { path: { delivery_id: "del_1" } } };
  expect((await api.POST("/v1/deliveries/{delivery_id}/cancel", { ...delivery, body: {} as never })).response.ok).toBe(
    true,
  );
  const page = await answered(api.GET("/v1/deliveries"));
  expect(page.next).toBeNull();
  expect(page.items[0]?.request.pickup.address.city).toBe("São Paulo");
  expect((await api.DELETE("/v1/areas/{area_id}", { params: { path: { area_id: "area_1" } } })).response.status).toBe(
    204,
  );
  expect((await api.GET("/v1/imports/template.csv")).response.headers.get("Content-Type")).toContain("text/csv");
});

test("the app without a server shows deliveries that differ, each of which can be opened", async () => {
  server.resetHandlers(...world, ...generated);
  const { items } = await answered(api.GET("/v1/deliveries"));
  expect(new Set(items.map(({ status }) => status)).size).toBeGreaterThan(3);
  const path = { delivery_id: items[3]?.id ?? "" };
  expect(await answered(api.GET("/v1/deliveries/{delivery_id}", { params: { path } }))).toEqual(items[3]);
});
