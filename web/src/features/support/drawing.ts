/** From degrees and postal codes to a drawing: pure sums, so that they can be tested. */
import type { Schemas } from "@/lib/api/client";

export const WIDTH = 720;
export const HEIGHT = 360;
const EDGE = 40;
const METRES_A_DEGREE = 111_320;
const STEPS = [1, 2, 5];

interface Circle {
  x: number;
  y: number;
  r: number;
}

/** Circles to one scale, the whole of them inside; and a length that is a round number of kilometres. */
export function field(given: Schemas["Radius"][]): { circles: Circle[]; scale: { length: number; km: number } | null } {
  if (given.length === 0) return { circles: [], scale: null };
  const middle = given.reduce((sum, { latitude }) => sum + latitude, 0) / given.length;
  // A degree of longitude is shorter away from the equator; near enough over a few hundred kilometres.
  const wide = METRES_A_DEGREE * Math.max(Math.cos((middle * Math.PI) / 180), 0.01);
  const flat = given.map(({ latitude, longitude, metres }) => ({
    x: longitude * wide,
    y: -latitude * METRES_A_DEGREE,
    r: metres,
  }));
  const left = Math.min(...flat.map(({ x, r }) => x - r));
  const right = Math.max(...flat.map(({ x, r }) => x + r));
  const top = Math.min(...flat.map(({ y, r }) => y - r));
  const bottom = Math.max(...flat.map(({ y, r }) => y + r));
  const factor = Math.min((WIDTH - 2 * EDGE) / (right - left), (HEIGHT - 2 * EDGE) / (bottom - top));
  const dx = (WIDTH - (right - left) * factor) / 2;
  const dy = (HEIGHT - (bottom - top) * factor) / 2;
  const circles = flat.map(({ x, y, r }) => ({
    x: (x - left) * factor + dx,
    y: (y - top) * factor + dy,
    r: r * factor,
  }));
  const km = roundDown(WIDTH / 4 / factor / 1000);
  return { circles, scale: { length: km * 1000 * factor, km } };
}

/** The largest of 1, 2, 5, 10 … (or 0.5, 0.2 …) that is no more. */
export function roundDown(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const step = STEPS.findLast((each) => each * power <= value) ?? 1;
  return step * power;
}

/** Where a postal range lies on a line of 1000, by its digits alone. */
export function bar({ first, last }: Schemas["PostalRange"]): { x: number; width: number } {
  const at = (code: string, fill: string) => Number(code.replace(/\D/g, "0").padEnd(8, fill).slice(0, 8)) / 100_000_000;
  const x = at(first, "0") * 1000;
  return { x, width: Math.max(at(last, "9") * 1000 - x, 4) };
}
