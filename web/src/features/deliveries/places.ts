/** Where a delivery's ends are, where it was seen, and where its courier is. */
import type { Schemas } from "@/lib/api/client";

import type { Delivery } from "./queries";

export interface Spot {
  kind: "pickup" | "dropoff" | "scan" | "courier";
  latitude: number;
  longitude: number;
  at?: string;
}

type Found = { latitude?: number | null; longitude?: number | null } | null | undefined;

/** Scans in the order in which the carrier says they happened; ends that nobody has found are left out. */
export function spots(delivery: Delivery, scans: Schemas["Scan"][]): Spot[] {
  const { request, points, courier } = delivery;
  const seen = [...scans].sort((a, b) => a.occurred_at.localeCompare(b.occurred_at));
  return [
    ...spot("pickup", located(request.pickup.address) ?? points?.pickup),
    ...seen.flatMap((scan) => spot("scan", scan, scan.occurred_at)),
    ...spot("dropoff", located(request.dropoff.address) ?? points?.dropoff),
    ...(courier ? spot("courier", courier, courier.at) : []),
  ];
}

const located = (address: Found) => (address?.latitude == null ? undefined : address);

function spot(kind: Spot["kind"], found: Found, at?: string): Spot[] {
  if (found?.latitude == null || found.longitude == null) return [];
  return [{ kind, latitude: found.latitude, longitude: found.longitude, at }];
}

const EARTH_KM = 6371;

/** As the crow flies, in kilometres. */
export function distance(a: Spot, b: Spot): number {
  const rad = (degrees: number) => (degrees * Math.PI) / 180;
  const [north, east] = [rad(b.latitude - a.latitude), rad(b.longitude - a.longitude)];
  const half =
    Math.sin(north / 2) ** 2 + Math.cos(rad(a.latitude)) * Math.cos(rad(b.latitude)) * Math.sin(east / 2) ** 2;
  return 2 * EARTH_KM * Math.asin(Math.sqrt(half));
}
