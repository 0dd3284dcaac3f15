/** The list as a CSV file, as a spreadsheet of the reader's country opens it. */
import { signedFetch } from "@/lib/api/client";
import { refusal } from "@/lib/api/problem";

import { given, type Filter } from "./filter";

const PATIENCE_MS = 10 * 60_000; // as long as the server writes

/** Hands the file to the browser. Rejects with Refused or Unreachable. */
export async function exportCsv(filter: Filter, language: string): Promise<void> {
  const url = new URL("/v1/deliveries/export.csv", location.origin);
  for (const [name, value] of Object.entries(given(filter)))
    for (const each of [value].flat()) url.searchParams.append(name, String(each));
  if (language.startsWith("pt")) {
    url.searchParams.set("delimiter", "semicolon");
    url.searchParams.set("decimal", "comma");
    url.searchParams.set("bom", "true");
  }
  const answer = await signedFetch(new Request(url), PATIENCE_MS);
  if (!answer.ok) throw await refusal(answer);
  const made = URL.createObjectURL(await answer.blob());
  const link = document.createElement("a");
  link.href = made;
  link.download = language.startsWith("pt") ? "entregas.csv" : "deliveries.csv";
  link.click();
  URL.revokeObjectURL(made);
}
