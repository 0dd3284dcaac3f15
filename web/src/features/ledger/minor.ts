/** `12,90`, `12.90` or `-3` as minor units; null for what is no amount. Thousands are written without a mark. */
export function minor(text: string): number | null {
  const told = /^([-\u2212]?)(\d{1,10})(?:[.,](\d{1,2}))?$/.exec(text.trim());
  if (!told) return null;
  const [, sign, major, cents = ""] = told;
  const amount = Number(major) * 100 + Number(cents.padEnd(2, "0"));
  return sign ? -amount : amount;
}
