/** The API in tests: handlers typed by its description, so an answer it could not give does not compile. */
import { setupServer } from "msw/node";
import { createOpenApiHttp } from "openapi-msw";

import type { paths } from "@/lib/api/schema";

export const http = createOpenApiHttp<paths>({ baseUrl: location.origin });
export const server = setupServer();
