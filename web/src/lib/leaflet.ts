/** A map of Leaflet's: with pictures where the installation has a source of them, else plain ground. Load it lazily. */
import "leaflet/dist/leaflet.css";
import * as L from "leaflet";

import type { Config } from "./config";

export function makeMap(frame: HTMLElement, tiles: Config["tiles"]): L.Map {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = L.map(frame, { scrollWheelZoom: false, zoomAnimation: !still, fadeAnimation: !still });
  map.attributionControl.setPrefix(false);
  if (tiles) {
    const credit = document.createElement("i");
    credit.textContent = tiles.credit; // Leaflet takes it for HTML
    L.tileLayer(tiles.url, { maxZoom: 19, attribution: credit.innerHTML }).addTo(map);
  }
  return map;
}
