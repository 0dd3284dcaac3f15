/**
 * Who is signed in: an access token in memory, renewed by the cookie that scripts cannot read.
 *
 * A cookie is good once: were two tabs to show the same one, the server would end the session. So one tab at a time
 * renews, under a lock, and tells the others.
 */
import { early } from "./early";
import { makeStore, useStore } from "./store";

export interface Session {
  token: string;
  expiresAt: number;
  userId: string;
  organisationId: string;
  role: string;
  orgRole: string;
}

const RENEW = "/v1/users/refresh";
const LOCK = "entrega-refresh";
const HINT = "entrega.signed-in"; // that there may be a cookie: without it nobody is asked in vain
const EARLY_MS = 30_000;
const PATIENCE_MS = 15_000;

export const session = makeStore<Session | null>(null);
export const useSession = () => useStore(session);

type Told = { session: Session | null };
const others = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("entrega-session");
others?.addEventListener("message", (event: MessageEvent<Told>) => session.set(event.data.session));

/** Takes what signing in, renewing or switching answered. */
export function admit(answer: { access_token: string; expires_in: number }): Session {
  const claims = JSON.parse(decode(answer.access_token.split(".")[1] ?? "")) as Record<string, string>;
  const made: Session = {
    token: answer.access_token,
    expiresAt: Date.now() + answer.expires_in * 1000,
    userId: claims.sub ?? "",
    organisationId: claims.org ?? "",
    role: claims.role ?? "customer",
    orgRole: claims.org_role ?? "viewer",
  };
  localStorage.setItem(HINT, "1");
  session.set(made);
  others?.postMessage({ session: made } satisfies Told);
  return made;
}

/** Forgets it, in every tab. */
export function dismiss(): void {
  localStorage.removeItem(HINT);
  session.set(null);
  others?.postMessage({ session: null } satisfies Told);
}

/** A token that is good for a while yet, or null for nobody. Rejects when the server cannot be reached. */
export async function token(): Promise<string | null> {
  const now = session.get();
  if (now && now.expiresAt - EARLY_MS > Date.now()) return now.token;
  return localStorage.getItem(HINT) ? renew(now?.token ?? null) : null;
}

/** Another token than this one, which is refused or about to end; null when the session is over. */
export function renew(stale: string | null): Promise<string | null> {
  return alone(async () => {
    const first = await early(RENEW);
    const now = session.get();
    if (now && now.token !== stale) return now.token; // another tab, or another request, was here before
    // keepalive: leaving the page must not lose the answer, which brings the next cookie.
    const answer =
      (stale === null && first) ||
      (await fetch(RENEW, { method: "POST", keepalive: true, signal: AbortSignal.timeout(PATIENCE_MS) }));
    if (answer.ok) return admit(await answer.json()).token;
    if (answer.status === 401 || answer.status === 403) {
      dismiss();
      return null;
    }
    throw new TypeError(`renewing answered ${answer.status}`);
  });
}

let queue: Promise<unknown> = Promise.resolve();
function alone<T>(act: () => Promise<T>): Promise<T> {
  if ("locks" in navigator) return navigator.locks.request(LOCK, act) as Promise<T>;
  const turn = queue.then(act, act); // an old browser: at least this tab waits for itself
  queue = turn.catch(() => undefined);
  return turn;
}

function decode(part: string): string {
  const bytes = Uint8Array.from(atob(part.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  return new TextDecoder().decode(bytes);
}
