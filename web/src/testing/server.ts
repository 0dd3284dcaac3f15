/** The API in tests: handlers typed by its description, so an answer it could not give does not compile. */
import { setupServer } from "msw/node";
import { createOpenApiHttp } from "openapi-msw";

import type { paths } from "@/lib/api/schema";

export const http = createOpenApiHttp<paths>({ baseUrl: location.origin });
/** Who the shell greets, no saved views and no notices; a test says the rest. */
export const server = setupServer(
  http.get("/v1/views", ({ response }) => response(200).json({ items: [], next: null })),
  http.get("/v1/notifications/unread", ({ response }) => response(200).json({ count: 0, more: false })),
  http.get("/v1/users/me", ({ response }) =>
    response(200).json({
      id: "usr_1",
      organisation_id: "org_1",
      email: "ana@example.com",
      email_verified: true,
      name: "Ana Souza",
      role: "customer",
      locale: "en",
      disabled: false,
      created_at: "2026-01-01T00:00:00Z",
    }),
  ),
);
