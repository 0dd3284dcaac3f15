/** Who sees what we pay, corrects and reconciles; the server has the last word. */
import { useSession } from "@/lib/session";

export function useMay() {
  const session = useSession();
  return { staff: session?.role === "support" || session?.role === "admin", me: session?.userId ?? "" };
}
