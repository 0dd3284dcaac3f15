/** Who may do what, so that what is refused is told before it is tried; the server has the last word. */
import { useSession } from "@/lib/session";

export function useMay() {
  const role = useSession()?.orgRole;
  return { keep: role === "owner" || role === "member", seeSecrets: role === "owner" };
}
