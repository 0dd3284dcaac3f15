/**
 * What happens, as it happens: one stream of the journal for all tabs of this browser.
 *
 * The tab that holds the lock reads it and tells the others (browsers keep six connections to a server, not one more for
 * each tab). Whoever takes over goes on after the last line it heard, so none is missed; without such a line the
 * stream begins now, and everything shown is asked for anew.
 */
import { createParser } from "eventsource-parser";

import { signedFetch } from "./api/client";
import type { Schemas } from "./api/client";
import { makeStore, useStore } from "./store";

export type Line = Pick<Schemas["JournalLine"], "subject" | "seq" | "kind" | "at" | "data"> & {
  /** Its place in the stream. */
  id: string;
  status?: string | null;
};
export type LiveState = "connecting" | "live" | "away";

const LOCK = "entrega-live";
const FIRST_MS = 1000;
const LONGEST_MS = 30_000;
const SILENT_MS = 45_000; // the server says something every fifteen seconds

type Told = { line: Line } | { state: LiveState } | { anew: true };

export const liveState = makeStore<LiveState>("connecting");
export const useLiveState = () => useStore(liveState);

/** Reads until the signal. `onLine` gets each line once, in order; `onAnew` says that lines may have been missed. */
export function follow(signal: AbortSignal, onLine: (line: Line) => void, onAnew: () => void): void {
  let last: string | null = null;
  const channel = new BroadcastChannel("entrega-live");
  const hear = (told: Told): void => {
    if ("line" in told) {
      last = told.line.id;
      onLine(told.line);
    } else if ("state" in told) liveState.set(told.state);
    else onAnew();
  };
  const tell = (told: Told): void => {
    hear(told);
    channel.postMessage(told);
  };
  channel.onmessage = (event: MessageEvent<Told>) => hear(event.data);
  signal.addEventListener("abort", () => channel.close());

  const lead = async (): Promise<void> => {
    for (let wait = FIRST_MS; !signal.aborted; wait = Math.min(wait * 2, LONGEST_MS)) {
      try {
        await read(last, signal, tell, () => (wait = FIRST_MS / 2));
      } catch {
        if (!signal.aborted) tell({ state: "away" });
      }
      await pause(wait * (0.75 + Math.random() / 2), signal);
    }
  };
  const leading = "locks" in navigator ? navigator.locks.request(LOCK, { signal }, lead) : lead();
  leading.catch(() => undefined); // left before it was this tab's turn
  liveState.set("live"); // until the leader says otherwise
}

async function read(last: string | null, signal: AbortSignal, tell: (told: Told) => void, opened: () => void) {
  const silence = new AbortController();
  const headers: Record<string, string> = { Accept: "text/event-stream" };
  if (last !== null) headers["Last-Event-ID"] = last;
  const url = new URL(last === null ? "/v1/stream?after=now" : "/v1/stream", location.origin);
  const request = new Request(url, { headers, signal: AbortSignal.any([signal, silence.signal]) });
  const answer = await signedFetch(request, null);
  if (!answer.ok || !answer.body) throw new Error(`the stream answered ${answer.status}`);
  opened();
  tell({ state: "live" });
  if (last === null) tell({ anew: true });
  const parser = createParser({
    onEvent: ({ id, data }) => {
      if (id) tell({ line: { ...(JSON.parse(data) as Omit<Line, "id">), id } });
    },
  });
  const text = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const clock = setTimeout(() => silence.abort(), SILENT_MS);
    try {
      const { done, value } = await text.read();
      if (done) return;
      parser.feed(value);
    } finally {
      clearTimeout(clock);
    }
  }
}

/** Waits; less when the network comes back or the page is looked at again. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const over = () => {
      clearTimeout(clock);
      window.removeEventListener("online", over);
      document.removeEventListener("visibilitychange", over);
      signal.removeEventListener("abort", over);
      done();
    };
    const clock = setTimeout(over, ms);
    window.addEventListener("online", over);
    document.addEventListener("visibilitychange", over);
    signal.addEventListener("abort", over);
  });
}
