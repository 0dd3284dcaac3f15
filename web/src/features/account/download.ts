/** Answers that are files: asked for like everything else, then kept where the browser keeps downloads. */
import { signedFetch } from "@/lib/api/client";
import { refusal } from "@/lib/api/problem";

/** Asks by POST and saves the answer; rejects with Refused or Unreachable. As long as it takes: it may be much. */
export async function downloaded(path: string, body: object, name: string): Promise<void> {
  const request = new Request(new URL(path, location.origin), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = await signedFetch(request, null);
  if (!answer.ok) throw await refusal(answer);
  saved(await answer.blob(), name);
}

/** Saves what is here already. */
export function saved(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // once the browser has surely read it
}
