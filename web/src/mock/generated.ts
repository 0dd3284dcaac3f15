/** The whole API by its description alone: every route answers with an example of what it says that it answers. */
import { http, HttpResponse, type HttpHandler } from "msw";
import { sample } from "openapi-sampler";

import type { Schemas } from "@/lib/api/client";

import text from "../../.openapi.json?raw";

interface Answer {
  content?: Record<string, { schema?: object }>;
}
type Method = "get" | "post" | "put" | "patch" | "delete";
type Operations = Record<Method, { responses: Record<string, Answer> }>;

const described = JSON.parse(text) as { paths: Record<string, Operations> };
const made = (schema: object) => sample(schema, { quiet: true }, described);

/** One of the API's own shapes, with what matters to whoever asks put in its place. */
export function example<Name extends keyof Schemas>(name: Name, more: Partial<Schemas[Name]> = {}): Schemas[Name] {
  const whole = made({ $ref: `#/components/schemas/${name}` }) as object;
  return { ...whole, ...more } as Schemas[Name];
}

/** Lists are of one page. `/users/me` comes before `/users/{id}`, since `{` sorts behind every letter. */
export const generated: HttpHandler[] = Object.entries(described.paths)
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { responses }]) =>
      http[method as Method](`*${path.replaceAll(/\{(\w+)\}/g, ":$1")}`, () => answer(responses)),
    ),
  );

function answer(responses: Record<string, Answer>): Response {
  const [status, told] = Object.entries(responses).find(([code]) => code.startsWith("2")) ?? ["204", {}];
  const [kind, { schema }] = Object.entries(told.content ?? {})[0] ?? ["", {}];
  if (kind === "text/event-stream") return new Response(new ReadableStream(), { headers: { "Content-Type": kind } });
  if (kind !== "application/json" || !schema) {
    return new Response(kind ? "" : null, { status: Number(status), headers: kind ? { "Content-Type": kind } : {} });
  }
  const body = made(schema);
  const page = typeof body === "object" && body !== null && "next" in body;
  return HttpResponse.json(page ? { ...body, next: null } : (body as object), { status: Number(status) });
}
