import { expect, test } from "vitest";

import { bar, field, HEIGHT, roundDown, WIDTH } from "./drawing";

test("circles keep their sizes to each other and lie inside the drawing", () => {
  const { circles, scale } = field([
    { latitude: -23.55, longitude: -46.63, metres: 10_000 },
    { latitude: -23.0, longitude: -47.1, metres: 5_000 },
  ]);
  const [one, two] = circles as [(typeof circles)[0], (typeof circles)[0]];
  expect(one.r / two.r).toBeCloseTo(2);
  expect(two.y).toBeLessThan(one.y); // north is up
  expect(two.x).toBeLessThan(one.x);
  for (const { x, y, r } of circles) {
    expect(Math.min(x - r, y - r)).toBeGreaterThanOrEqual(0);
    expect(x + r).toBeLessThanOrEqual(WIDTH);
    expect(y + r).toBeLessThanOrEqual(HEIGHT);
  }
  expect((scale?.length ?? 0) / (scale?.km ?? 1)).toBeCloseTo(one.r / 10);
  expect(field([]).scale).toBeNull();
});

test("a scale is a round number", () => {
  expect([0.7, 3, 49, 50, 99].map(roundDown)).toEqual([0.5, 2, 20, 50, 50]);
});

test("a postal range lies where its digits say", () => {
  expect(bar({ first: "50000000", last: "59999999" }).x).toBeCloseTo(500);
  expect(bar({ first: "50000000", last: "59999999" }).width).toBeCloseTo(100);
  expect(bar({ first: "01310200", last: "01310200" }).width).toBe(4);
});
