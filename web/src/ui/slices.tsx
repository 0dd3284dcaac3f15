import { startTransition, useEffect, useState, type ReactNode } from "react";

/**
 * What the router mounts, it mounts in one piece, which holds a phone up for a second. Within this it comes after what is
 * around it, and in slices. For what is mounted once: a page that somebody goes to from another shows at once.
 */
export function InSlices({ children }: { children: ReactNode }) {
  const [drawn, setDrawn] = useState(false);
  useEffect(() => startTransition(() => setDrawn(true)), []);
  return drawn && children;
}
