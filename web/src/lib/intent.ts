/** One Idempotency-Key for one intent: tried again it is the same request, meant anew it is another. */
import { useCallback, useState } from "react";

export const newKey = (): string => crypto.randomUUID();

/** The key of what a form is about to do; `renew` once it is done. */
export function useIntent(): { key: string; renew: () => void } {
  const [key, setKey] = useState(newKey);
  return { key, renew: useCallback(() => setKey(newKey()), []) };
}
