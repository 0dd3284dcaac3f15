/** What many lines of the stream ask for is done once, when they pause. */
const PAUSE_MS = 400;
const due = new Map<string, ReturnType<typeof setTimeout>>();

/** Once, when no more of the same comes for a moment. */
export function later(what: string, act: () => void, pause = PAUSE_MS): void {
  clearTimeout(due.get(what));
  const clock = setTimeout(() => {
    due.delete(what);
    act();
  }, pause);
  due.set(what, clock);
}
