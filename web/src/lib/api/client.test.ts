import { http as plain, HttpResponse } from "msw";
import { expect, test } from "vitest";

import { server } from "@/testing/server";

import { api } from "./client";

test("each request is a trace of its own", async () => {
  const seen: (string | null)[] = [];
  server.use(
    plain.get("*/v1/carriers", ({ request }) => {
      seen.push(request.headers.get("traceparent"));
      return HttpResponse.json({ items: [] });
    }),
  );
  await Promise.all([api.GET("/v1/carriers"), api.GET("/v1/carriers")]);
  expect(seen[0]).toMatch(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-01$/);
  expect(new Set(seen).size).toBe(2);
});
