import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { later } from "./later";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("what is asked for again and again is done once, when it pauses", () => {
  const act = vi.fn();
  for (let each = 0; each < 5; each += 1) {
    later("lists", act, 100);
    vi.advanceTimersByTime(50);
  }
  expect(act).not.toHaveBeenCalled();
  vi.advanceTimersByTime(50);
  expect(act).toHaveBeenCalledOnce();
});

test("though it never pauses, it is done all the same", () => {
  const act = vi.fn();
  for (let each = 0; each < 50; each += 1) {
    later("lists", act, 100);
    vi.advanceTimersByTime(50);
  }
  expect(act).toHaveBeenCalledTimes(2); // in two and a half seconds
});
