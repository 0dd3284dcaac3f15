/** How keys of figures are said. */

/** `open_delivery` as in `Open delivery`. */
export function carrierName(code: string): string {
  const words = code.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
