/** The one way to the API: typed by its own description, signed by the session, renewed when the token ended. */
import createClient from "openapi-fetch";

import { early } from "../early";
import { renew, token } from "../session";
import { refusal, Unreachable } from "./problem";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];

const PATIENCE_MS = 45_000; // quoting waits for carriers

/** `fetch` with who is asking; a 401 renews once. Rejects with Unreachable when nothing answers. */
export async function signedFetch(request: Request, patience: number | null = PATIENCE_MS): Promise<Response> {
  try {
    const used = await token();
    const spare = request.clone();
    const answer = (await asked(request)) ?? (await send(request, used, patience));
    if (answer.status !== 401 || used === null) return answer;
    const fresh = await renew(used);
    return fresh === null ? answer : await send(spare, fresh, patience);
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw new Unreachable("no answer", { cause: error });
  }
}

function asked({ method, url }: Request): Promise<Response | null> {
  const { pathname, search } = new URL(url);
  return method === "GET" ? early(pathname + search) : Promise.resolve(null);
}

/** A trace of its own (W3C Trace Context). No UUID: which traces are kept goes by bits that are not random in one. */
function traceparent(): string {
  const random = crypto.getRandomValues(new Uint8Array(24));
  const ids = Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `00-${ids.slice(0, 32)}-${ids.slice(32)}-01`;
}

function send(request: Request, used: string | null, patience: number | null): Promise<Response> {
  request.headers.set("traceparent", traceparent());
  if (used !== null) request.headers.set("Authorization", `Bearer ${used}`);
  const signal = patience === null ? request.signal : AbortSignal.any([request.signal, AbortSignal.timeout(patience)]);
  return fetch(request, { signal });
}

export const api = createClient<paths>({ baseUrl: location.origin, fetch: (request) => signedFetch(request) });

/** The data of an answer; rejects with Refused or Unreachable. */
export async function answered<D>(call: Promise<{ data?: D; error?: unknown; response: Response }>): Promise<D> {
  const { data, error, response } = await call;
  if (!response.ok) throw await refusal(response, error);
  return data as D;
}
