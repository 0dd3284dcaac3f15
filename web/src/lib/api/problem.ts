/** What can go wrong with a request: the server said no (RFC 9457), or nothing came back. */
import type { components } from "./schema";

export type Problem = components["schemas"]["Problem"];
export type FieldProblem = components["schemas"]["FieldProblem"];

/** The server's no. `code` is stable; `more` carries what a program may act on. */
export class Refused extends Error {
  override name = "Refused";
  constructor(
    readonly status: number,
    readonly problem: Partial<Problem> & Record<string, unknown>,
    readonly requestId: string | null,
    readonly retryAfter: number | null,
  ) {
    super(problem.detail ?? `status ${status}`);
  }
  get code(): string {
    return this.problem.code ?? "unknown";
  }
}

/** No answer: the network, or a server that is away. */
export class Unreachable extends Error {
  override name = "Unreachable";
}

export async function refusal(response: Response, body?: unknown): Promise<Refused> {
  const problem = isRecord(body) ? body : await response.json().catch(() => ({}));
  const wait = Number(response.headers.get("Retry-After"));
  return new Refused(
    response.status,
    isRecord(problem) ? problem : {},
    response.headers.get("X-Request-Id"),
    Number.isFinite(wait) && wait > 0 ? wait : null,
  );
}

/** Whether asking again may help: what was refused for good is not asked twice. */
export function passes(error: unknown): boolean {
  return error instanceof Unreachable || (error instanceof Refused && (error.status >= 500 || error.status === 429));
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
