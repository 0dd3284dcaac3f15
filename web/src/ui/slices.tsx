import { startTransition, useEffect, useState, type ReactNode } from "react";

/**
 * What the router mounts, it mounts in one piece, which holds a phone up for a second. Within this it comes after what is
 * around it, and in slices; `meanwhile` keeps its room. For frames that are mounted once, and for what lies below what is
 * looked at first.
 */
export function InSlices({ meanwhile, children }: { meanwhile?: ReactNode; children: ReactNode }) {
  const [drawn, setDrawn] = useState(false);
  useEffect(() => startTransition(() => setDrawn(true)), []);
  return drawn ? children : meanwhile;
}
