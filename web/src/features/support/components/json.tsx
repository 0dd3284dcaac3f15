/** Data as it is, folded until somebody wants to see it. */
import classes from "./json.module.css";

export function Json({ label, value }: { label: string; value: unknown }) {
  return (
    <details className={classes.fold}>
      <summary>{label}</summary>
      {/* It may be wider than the page, and is scrolled by keys too. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre className={classes.data} tabIndex={0}>
        {JSON.stringify(value, null, 2)}
      </pre>
    </details>
  );
}
