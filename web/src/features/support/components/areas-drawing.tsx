/** Where areas lie, without a map: circles to scale on a field of degrees, postal ranges as bars on one line. */
import { useTranslation } from "react-i18next";

import type { Schemas } from "@/lib/api/client";
import { useFormat } from "@/lib/format";

import { shown } from "../parsing";
import { bar, field, HEIGHT, WIDTH } from "../drawing";
import classes from "./areas-drawing.module.css";

type Drawn = Pick<Schemas["ServiceArea"], "name" | "radius" | "postal_ranges" | "enabled">;

export function AreasDrawing({ areas }: { areas: Drawn[] }) {
  const { t } = useTranslation("support");
  const format = useFormat();
  const { circles, scale } = field(areas.flatMap(({ radius }) => (radius ? [radius] : [])));
  const round = areas.filter(({ radius }) => radius);
  const spans = areas.filter(({ postal_ranges: given }) => given?.length);
  return (
    <div className={classes.both}>
      {scale && (
        <svg
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          className={classes.field}
          role="img"
          aria-label={t("areas.circles", { names: round.map(({ name }) => name).join(", ") })}
        >
          <rect width={WIDTH} height={HEIGHT} className={classes.ground} />
          {circles.map(({ x, y, r }, index) => (
            <g key={`${x} ${y} ${r}`} data-off={!round[index]?.enabled || undefined}>
              <circle cx={x} cy={y} r={r} className={classes.circle} />
              <circle cx={x} cy={y} r={3} className={classes.centre} />
              <text x={x} y={y - 12} textAnchor="middle">
                {round[index]?.name}
              </text>
            </g>
          ))}
          <path d={`M16 ${HEIGHT - 16}h${scale.length}m0 -5v10m-${scale.length} 0v-10`} className={classes.scale} />
          <text x={16} y={HEIGHT - 28}>
            {t("areas.km", { km: format.number(scale.km) })}
          </text>
        </svg>
      )}
      {spans.length > 0 && (
        <ul className={classes.spans} aria-label={t("areas.ranges")}>
          {spans.map(({ name, postal_ranges: given = [], enabled }) => (
            <li key={name}>
              <span className={classes.name}>{name}</span>
              <svg viewBox="0 0 1000 12" preserveAspectRatio="none" className={classes.line} aria-hidden>
                <rect width={1000} height={12} rx={6} className={classes.ground} />
                {given.map((span) => (
                  <rect
                    key={span.first}
                    {...bar(span)}
                    y={0}
                    height={12}
                    rx={4}
                    className={classes.span}
                    data-off={!enabled || undefined}
                  />
                ))}
              </svg>
              <span className={classes.codes}>{shown(given).replaceAll("\n", ", ")}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
