/** What many lines of the stream ask for is done once, when they pause. */
const PAUSE_MS = 400;
const PAUSES = 10; // so many, and it is done though they go on
const due = new Map<string, { clock: ReturnType<typeof setTimeout>; since: number }>();

/** Once, when no more of the same comes for a moment, or when it has waited for long. */
export function later(what: string, act: () => void, pause = PAUSE_MS): void {
  const waiting = due.get(what);
  clearTimeout(waiting?.clock);
  const since = waiting?.since ?? Date.now();
  const wait = Math.min(pause, Math.max(since + PAUSES * pause - Date.now(), 0));
  const clock = setTimeout(() => {
    due.delete(what);
    act();
  }, wait);
  due.set(what, { clock, since });
}
