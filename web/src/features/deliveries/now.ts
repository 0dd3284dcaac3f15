/** The clock, as far as pages show it. */
import { useEffect, useState } from "react";

const STEP_MS = 10_000;

/** Now, within ten seconds. */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const clock = setInterval(() => setNow(Date.now()), STEP_MS);
    return () => clearInterval(clock);
  }, []);
  return now;
}
