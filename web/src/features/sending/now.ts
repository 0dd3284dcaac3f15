/** The time, as long as something counts down. */
import { useEffect, useState } from "react";

const TICK_MS = 1000;

export function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const clock = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(clock);
  }, []);
  return now;
}

/** As in `4:07`; zero once it is over. */
export function countdown(until: number, now: number): string {
  const left = Math.max(0, Math.ceil((until - now) / 1000));
  const [minutes, seconds] = [Math.floor(left / 60), left % 60];
  return `${minutes}:${String(seconds).padStart(2, "0")}`;
}
