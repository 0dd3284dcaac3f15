/** What staff type in one field and the API takes in parts. */
import type { Schemas } from "@/lib/api/client";

type PostalRange = Schemas["PostalRange"];

/** A JSON object, or null for what is none. */
export function parsed(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text || "{}");
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/** One range a line, as in `01000-000 – 05999-999`; null where a line is none. One code alone is a range of itself. */
export function ranges(text: string): PostalRange[] | null {
  const lines = text.split("\n").flatMap((line) => (line.trim() ? [line.trim()] : []));
  const found = lines.map((line): PostalRange | null => {
    const plain = line.toUpperCase().replace(/\b(\d{5})-(\d{3})\b/g, "$1$2");
    const parts = plain.split(/\s*(?:\.\.|–|—|-|\s)\s*/).filter(Boolean);
    const [first, last = first] = parts;
    if (!first || !last || parts.length > 2) return null;
    const good = [first, last].every((code) => /^[0-9A-Z]{3,12}$/.test(code));
    return good && first.length === last.length && first <= last ? { first, last } : null;
  });
  return found.every((each) => each !== null) ? found : null;
}

/** As `ranges` reads them. */
export const shown = (given: readonly PostalRange[] = []): string =>
  given.map(({ first, last }) => (first === last ? code(first) : `${code(first)} – ${code(last)}`)).join("\n");

const code = (value: string) => value.replace(/^(\d{5})(\d{3})$/, "$1-$2");
