/** Files of the API: fetched as who is signed in, then handed to the browser under the name the server gives. */
import { useMutation } from "@tanstack/react-query";

import { signedFetch } from "./api/client";
import { refusal } from "./api/problem";

/** `mutate("/v1/…/csv?…")`; its `error` is for the page to tell. */
export const useDownload = () =>
  useMutation({
    mutationFn: async (address: string) => {
      const answer = await signedFetch(new Request(new URL(address, location.origin)));
      if (!answer.ok) throw await refusal(answer);
      save(await answer.blob(), named(answer) ?? "entrega");
    },
  });

const named = (answer: Response) => /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1];

function save(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** The part after `?`, without what is not said. */
export function queryString(said: Record<string, string | null | undefined>): string {
  const kept = Object.entries(said).filter((each): each is [string, string] => Boolean(each[1]));
  return kept.length ? `?${new URLSearchParams(kept)}` : "";
}
