/**
 * The API in tests: every route answers with an example of what its description says, and a test says what it is about by
 * handlers typed by the same, so that an answer it could not give does not compile.
 */
import { setupServer } from "msw/node";
import { createOpenApiHttp } from "openapi-msw";

import type { paths } from "@/lib/api/schema";
import { example, generated } from "@/mock/generated";

export { example };
export const http = createOpenApiHttp<paths>({ baseUrl: location.origin });
/** Whom the shell greets, and lists that are empty until a test fills them. */
export const server = setupServer(
  http.get("/v1/views", ({ response }) => response(200).json({ items: [], next: null })),
  http.get("/v1/notifications/unread", ({ response }) => response(200).json({ count: 0, more: false })),
  http.get("/v1/users/me", ({ response }) =>
    response(200).json(example("UserView", { id: "usr_1", email: "ana@example.com", name: "Ana Souza", locale: "en" })),
  ),
  ...generated,
);
