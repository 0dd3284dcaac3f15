/** A table of a known, small number of rows, as a table element: numbers at the end, the first cell names its row. */
import { Skeleton } from "@mantine/core";
import type { ReactNode } from "react";

import classes from "./sheet.module.css";

export interface SheetColumn<T> {
  id: string;
  header: ReactNode;
  cell: (item: T) => ReactNode;
  /** Below all rows, as in a sum. */
  foot?: ReactNode;
  /** Left out on a phone. */
  wide?: boolean;
  /** Numbers stand at the end. */
  end?: boolean;
}

interface SheetProps<T> {
  label: string;
  columns: SheetColumn<T>[];
  items: T[] | undefined;
  idOf: (item: T) => string;
}

const SKELETONS = 4;

/** `items` undefined draws skeletons. What is too wide for the screen scrolls inside its frame, by keyboard too. */
export function Sheet<T>({ label, columns, items, idOf }: SheetProps<T>) {
  const drawn: (T | undefined)[] = items ?? Array.from({ length: SKELETONS }, () => undefined);
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls is reached by keyboard
    <div className={classes.frame} role="group" aria-label={label} tabIndex={0}>
      <table className={classes.sheet} aria-label={label} aria-busy={items === undefined}>
        <thead>
          <tr>
            {columns.map(({ id, header, wide, end }) => (
              <th key={id} scope="col" data-wide={wide || undefined} data-end={end || undefined}>
                {header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {drawn.map((item, row) => (
            <tr key={item === undefined ? row : idOf(item)}>
              {columns.map(({ id, cell, wide, end }, at) => {
                const told = item === undefined ? <Skeleton height={12} width="70%" /> : cell(item);
                return at === 0 ? (
                  <th key={id} scope="row" data-wide={wide || undefined} data-end={end || undefined}>
                    {told}
                  </th>
                ) : (
                  <td key={id} data-wide={wide || undefined} data-end={end || undefined}>
                    {told}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
        {columns.some(({ foot }) => foot !== undefined) && items !== undefined && (
          <tfoot>
            <tr>
              {columns.map(({ id, foot, wide, end }) => (
                <td key={id} data-wide={wide || undefined} data-end={end || undefined}>
                  {foot}
                </td>
              ))}
            </tr>
          </tfoot>
        )}
      </table>
    </div>
  );
}
