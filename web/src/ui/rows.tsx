/** A table of any length: only what is seen is drawn, more is fetched as its end comes near. */
import { Skeleton } from "@mantine/core";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { startTransition, useEffect, useRef, useState, type CSSProperties, type ReactNode } from "react";

import classes from "./rows.module.css";

export interface Column<T> {
  id: string;
  header: ReactNode;
  cell: (item: T) => ReactNode;
  /** As in CSS grid: `8rem`, `minmax(0, 1fr)`. */
  width: string;
  /** Left out on a phone. */
  wide?: boolean;
  /** Numbers stand at the end. */
  end?: boolean;
  /** Lies above the row's link, as a box to tick does. */
  above?: boolean;
}

interface RowsProps<T> {
  label: string;
  columns: Column<T>[];
  items: T[] | undefined;
  idOf: (item: T) => string;
  more?: { has: boolean; fetching: boolean; fetch: () => void };
}

const HEIGHT = 52;
const NEAR = 10;
const SKELETONS = 8;
const SCREEN = { width: screen.width, height: screen.height };

/** `items` undefined draws skeletons. A cell's link covers its row. */
export function Rows<T>({ label, columns, items, idOf, more }: RowsProps<T>) {
  const body = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  useEffect(() => {
    const above = (body.current?.getBoundingClientRect().top ?? 0) + window.scrollY;
    startTransition(() => setTop(above)); // it matters to who scrolls far, and nothing that is drawn moves
  }, []);
  const count = items?.length ?? SKELETONS;
  const rows = useWindowVirtualizer({
    count,
    estimateSize: () => HEIGHT,
    overscan: 12,
    scrollMargin: top,
    initialRect: SCREEN, // else the first rows wait for the window to be measured, and are drawn in one piece
  });
  const drawn = rows.getVirtualItems();
  const last = drawn.at(-1)?.index ?? 0;
  const due = more?.has && !more.fetching && items !== undefined && last >= items.length - NEAR;
  const fetch = more?.fetch;
  useEffect(() => {
    if (due) fetch?.();
  }, [due, fetch]);
  const grid = {
    "--columns": columns.map(({ width }) => width).join(" "),
    "--narrow": columns.flatMap(({ wide, width }) => (wide ? [] : [width])).join(" "),
    "--height": `${HEIGHT}px`,
  } as CSSProperties;
  return (
    <div className={classes.frame}>
      <div
        role="table"
        aria-label={label}
        aria-busy={items === undefined}
        aria-rowcount={more?.has ? -1 : count + 1}
        className={classes.table}
        style={grid}
      >
        <div role="rowgroup">
          <div role="row" aria-rowindex={1} className={`${classes.row} ${classes.head}`}>
            {columns.map(({ id, header, wide, end }) => (
              <div key={id} role="columnheader" className={classes.cell} data-wide={wide} data-end={end}>
                {header}
              </div>
            ))}
          </div>
        </div>
        <div role="rowgroup" ref={body} className={classes.body} style={{ height: rows.getTotalSize() }}>
          {drawn.map(({ index, start }) => {
            const item = items?.[index];
            return (
              <div
                key={item === undefined ? index : idOf(item)}
                role="row"
                aria-rowindex={index + 2}
                className={`${classes.row} ${classes.item}`}
                style={{ transform: `translateY(${start - top}px)` }}
              >
                {columns.map(({ id, cell, wide, end, above }) => (
                  <div key={id} role="cell" className={classes.cell} data-wide={wide} data-end={end} data-above={above}>
                    {item === undefined ? <Skeleton height={12} width="70%" /> : cell(item)}
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
