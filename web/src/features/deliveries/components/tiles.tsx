/** A map of pictures, by Leaflet: loaded only where an installation has a source of them. */
import * as L from "leaflet";
import { useEffect, useRef } from "react";

import type { Config } from "@/lib/config";
import { makeMap } from "@/lib/leaflet";

import type { Spot } from "../places";
import classes from "./map.module.css";

const LOOKS = {
  pickup: { radius: 9, className: classes.pickup },
  dropoff: { radius: 10, className: classes.dropoff },
  scan: { radius: 5, className: classes.scan },
  courier: { radius: 9, className: classes.courier },
};
const CLOSEST = 16;

export function Tiles({ spots, tiles, label }: { spots: Spot[]; tiles: NonNullable<Config["tiles"]>; label: string }) {
  const frame = useRef<HTMLDivElement>(null);
  const drawn = useRef<{ map: L.Map; layer: L.LayerGroup } | null>(null);
  useEffect(() => {
    if (!frame.current) return undefined;
    const map = makeMap(frame.current, { url: tiles.url, credit: tiles.credit });
    drawn.current = { map, layer: L.layerGroup().addTo(map) };
    return () => {
      drawn.current = null;
      map.remove();
    };
  }, [tiles.url, tiles.credit]);
  const where = JSON.stringify(spots);
  useEffect(() => {
    if (!drawn.current) return;
    const { map, layer } = drawn.current;
    const at = ({ latitude, longitude }: Spot): L.LatLngTuple => [latitude, longitude];
    const all = JSON.parse(where) as Spot[];
    layer.clearLayers();
    const way = all.filter(({ kind }) => kind === "scan" || kind === "courier").map(at);
    L.polyline(way, { className: classes.way }).addTo(layer);
    for (const each of all) L.circleMarker(at(each), LOOKS[each.kind]).addTo(layer);
    map.fitBounds(L.latLngBounds(all.map(at)), { padding: [36, 36], maxZoom: CLOSEST });
  }, [where, tiles.url, tiles.credit]);
  return <div ref={frame} role="application" aria-label={label} className={classes.tiles} />;
}
