/** A map without a map: the ends, what was scanned and the courier, to scale, with north above. */
import type { Spot } from "../places";
import classes from "./map.module.css";

const [WIDTH, HEIGHT, EDGE] = [560, 260, 44];
const LEAST_DEGREES = 0.002; // about 200 m: what lies closer together is not blown up

export function Drawing({ spots, label }: { spots: Spot[]; label: string }) {
  const place = projection(spots);
  const by = (kind: Spot["kind"]) => spots.filter((each) => each.kind === kind).map(place);
  const [[pickup], [dropoff], [courier], scans] = [by("pickup"), by("dropoff"), by("courier"), by("scan")];
  // Couriers are seen before they have come to the pickup.
  const way = [...scans, courier].filter((each) => each !== undefined);
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label} className={classes.drawing}>
      <g aria-hidden className={classes.grid}>
        {Array.from({ length: 13 }, (_, i) => (
          <path key={`v${i}`} d={`M${i * 46.6} 0V${HEIGHT}`} />
        ))}
        {Array.from({ length: 6 }, (_, i) => (
          <path key={`h${i}`} d={`M0 ${i * 46.6 + 13}H${WIDTH}`} />
        ))}
      </g>
      {pickup && dropoff && <path d={bow(pickup, dropoff)} className={classes.plan} />}
      {way.length > 1 && <polyline points={way.map(({ x, y }) => `${x},${y}`).join(" ")} className={classes.way} />}
      {scans.map(({ x, y }, index) => (
        <circle key={index} cx={x} cy={y} r="4" className={classes.scan} />
      ))}
      {pickup && <circle cx={pickup.x} cy={pickup.y} r="8" className={classes.pickup} />}
      {dropoff && (
        <path
          d={`M${dropoff.x} ${dropoff.y}c-7-10-11-14-11-20a11 11 0 0 1 22 0c0 6-4 10-11 20z`}
          className={classes.dropoff}
        />
      )}
      {courier && (
        <g className={classes.courier}>
          <circle cx={courier.x} cy={courier.y} r="15" className={classes.halo} />
          <circle cx={courier.x} cy={courier.y} r="7" />
        </g>
      )}
    </svg>
  );
}

interface Dot {
  x: number;
  y: number;
}

/** A degree of longitude is shorter the further from the equator. */
function projection(spots: Spot[]): (spot: Spot) => Dot {
  const latitudes = spots.map(({ latitude }) => latitude);
  const longitudes = spots.map(({ longitude }) => longitude);
  const [south, north] = [Math.min(...latitudes), Math.max(...latitudes)];
  const [west, east] = [Math.min(...longitudes), Math.max(...longitudes)];
  const [middle, centre] = [(south + north) / 2, (west + east) / 2];
  const shrink = Math.cos((middle * Math.PI) / 180);
  const wide = Math.max((east - west) * shrink, LEAST_DEGREES);
  const high = Math.max(north - south, LEAST_DEGREES);
  const scale = Math.min((WIDTH - 2 * EDGE) / wide, (HEIGHT - 2 * EDGE) / high);
  const round = (value: number) => Math.round(value * 10) / 10;
  return ({ latitude, longitude }) => ({
    x: round(WIDTH / 2 + (longitude - centre) * shrink * scale),
    y: round(HEIGHT / 2 - (latitude - middle) * scale),
  });
}

const bow = (a: Dot, b: Dot) =>
  `M${a.x} ${a.y}Q${(a.x + b.x) / 2} ${(a.y + b.y) / 2 - Math.min(60, Math.abs(b.x - a.x) / 5)} ${b.x} ${b.y}`;
