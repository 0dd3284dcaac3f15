/** A state by colour and word; never by colour alone. */
import type { ReactNode } from "react";

import classes from "./dot.module.css";

export type Tone = "waiting" | "moving" | "good" | "bad" | "over";

export function Dot({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <span className={classes.dot} data-tone={tone}>
      {children}
    </span>
  );
}
