/** An area's circle on a map: a click sets its middle, which is dragged, and so is its edge. What is typed moves it too. */
import * as L from "leaflet";
import { useEffect, useRef } from "react";

import type { Config } from "@/lib/config";
import { makeMap } from "@/lib/leaflet";

import classes from "./area-map.module.css";

export interface Circle {
  latitude: number;
  longitude: number;
  km: number;
}

interface AreaMapProps {
  circle: Circle | null;
  tiles: Config["tiles"];
  names: Record<"map" | "middle" | "edge", string>;
  onChange: (circle: Circle) => void;
}

const AT_FIRST: L.LatLngTuple = [-23.55, -46.63];
const KM_AT_FIRST = 5;
const DECIMALS = 1e5; // about a metre

const handle = (name: string, className: string | undefined) =>
  L.marker(AT_FIRST, {
    draggable: true,
    keyboard: false, // whoever has no mouse types: the fields stand beside
    title: name,
    icon: L.divIcon({ className, iconSize: [18, 18] }),
  });

export function AreaMap({ circle, tiles, names, onChange }: AreaMapProps) {
  const frame = useRef<HTMLDivElement>(null);
  const drawn = useRef<((circle: Circle | null) => void) | null>(null);
  const now = useRef({ circle, onChange });
  useEffect(() => {
    now.current = { circle, onChange };
  });
  const url = tiles?.url;
  const credit = tiles?.credit ?? "";
  useEffect(() => {
    if (!frame.current) return undefined;
    const map = makeMap(frame.current, url ? { url, credit } : null).setView(AT_FIRST, 10);
    L.control.scale({ imperial: false }).addTo(map);
    const ring = L.circle(AT_FIRST, { className: classes.ring, interactive: false });
    const [middle, edge] = [handle(names.middle, classes.middle), handle(names.edge, classes.edge)];
    const shape = L.layerGroup([ring, middle, edge]);
    const tell = (at: L.LatLng, km: number) =>
      now.current.onChange({
        latitude: Math.round(at.lat * DECIMALS) / DECIMALS,
        longitude: Math.round(at.wrap().lng * DECIMALS) / DECIMALS,
        km: Math.max(Math.round(km * 10) / 10, 0.1),
      });
    const km = () => now.current.circle?.km ?? KM_AT_FIRST;
    map.on("click", ({ latlng }) => tell(latlng, km()));
    middle.on("drag", () => tell(middle.getLatLng(), km()));
    edge.on("drag", () => tell(middle.getLatLng(), map.distance(middle.getLatLng(), edge.getLatLng()) / 1000));
    drawn.current = (given) => {
      if (!given) {
        shape.remove();
        return;
      }
      const at = L.latLng(given.latitude, given.longitude);
      ring.setLatLng(at).setRadius(given.km * 1000);
      shape.addTo(map);
      middle.setLatLng(at);
      const bounds = at.toBounds(given.km * 2000);
      edge.setLatLng([at.lat, bounds.getEast()]);
      if (!map.getBounds().contains(bounds)) map.fitBounds(bounds, { padding: [24, 24], animate: false });
    };
    return () => {
      drawn.current = null;
      map.remove();
    };
  }, [url, credit, names.middle, names.edge]);
  const [latitude, longitude, reach] = [circle?.latitude, circle?.longitude, circle?.km];
  useEffect(() => {
    const whole = latitude !== undefined && longitude !== undefined && reach !== undefined;
    drawn.current?.(whole ? { latitude, longitude, km: reach } : null);
  }, [latitude, longitude, reach, url, credit, names.middle, names.edge]);
  return <div ref={frame} role="application" aria-label={names.map} className={classes.map} />;
}
