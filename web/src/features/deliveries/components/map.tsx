/** Where it is: on a map if the installation has one, else drawn by itself. */
import { Skeleton, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";

import { configQuery } from "@/lib/config";
import { useDrawn } from "@/lib/drawn";
import { useFormat } from "@/lib/format";

import { distance, spots } from "../places";
import { timelineQuery, type Delivery } from "../queries";
import { Drawing } from "./drawing";
import classes from "./map.module.css";

const KINDS = ["pickup", "dropoff", "scan", "courier"] as const;
const Tiles = lazy(() => import("./tiles").then((made) => ({ default: made.Tiles })));

export function DeliveryMap({ delivery }: { delivery: Delivery }) {
  const { t } = useTranslation("deliveries");
  const format = useFormat();
  const { data: config } = useQuery(configQuery);
  const { data: timeline, error } = useDrawn(timelineQuery(delivery.id));
  const found = spots(delivery, timeline?.scans ?? []);
  const [pickup, dropoff, courier] = (["pickup", "dropoff", "courier"] as const).map((kind) =>
    found.find((each) => each.kind === kind),
  );
  if (config === undefined || (!timeline && !error)) return <MapSkeleton />;
  if (found.length === 0) {
    return (
      <Text size="sm" c="dimmed" p="lg">
        {t("map.nowhere")}
      </Text>
    );
  }
  const km = (value: number) => t("map.km", { km: format.number(Math.round(value * 10) / 10) });
  const told = [
    pickup && dropoff && t("map.between", { distance: km(distance(pickup, dropoff)) }),
    courier?.at && t("map.courier", { at: format.shortDateTime(courier.at) }),
    courier && dropoff && !delivery.ended_at && t("map.left", { distance: km(distance(courier, dropoff)) }),
  ].filter(Boolean);
  return (
    <figure className={classes.figure}>
      {config.tiles ? (
        <Suspense fallback={<Skeleton className={classes.waiting} radius={0} />}>
          <Tiles spots={found} tiles={config.tiles} label={t("map.title")} />
        </Suspense>
      ) : (
        <Drawing spots={found} label={told.join(". ") || t("map.title")} />
      )}
      <figcaption className={classes.caption}>
        <ul className={classes.legend} aria-label={t("map.legend")}>
          {KINDS.filter((kind) => found.some((each) => each.kind === kind)).map((kind) => (
            <li key={kind} data-kind={kind}>
              {t(`map.spot.${kind}`)}
            </li>
          ))}
        </ul>
        {told.length > 0 && <p className={classes.told}>{told.join(" · ")}</p>}
      </figcaption>
    </figure>
  );
}

/** As large as what will be there, so that nothing below it moves. */
export function MapSkeleton() {
  return (
    <div className={classes.figure}>
      <Skeleton className={classes.waiting} radius={0} />
      <div className={classes.caption}>
        <Skeleton height={18} width="60%" />
        <Skeleton height={18} />
      </div>
    </div>
  );
}
