/** A short list: what each is on the left, what may be done on the right; loading, empty and failed are drawn here. */
import { Button, Skeleton, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import classes from "./listed.module.css";
import { Failure } from "./states";

interface ListedProps<T> {
  label: string;
  /** `undefined` draws skeletons, or the error. */
  items: readonly T[] | undefined;
  idOf: (item: T) => string;
  error: unknown;
  failed: string;
  onRetry: () => void;
  empty: ReactNode;
  more?: { has: boolean; fetching: boolean; fetch: () => void };
  children: (item: T) => ReactNode;
}

export function Listed<T>(props: ListedProps<T>) {
  const { label, items, idOf, error, failed, onRetry, empty, more, children } = props;
  const { t } = useTranslation();
  if (!items && error) return <Failure title={failed} error={error} onRetry={onRetry} />;
  if (items?.length === 0) return <>{empty}</>;
  if (!items) {
    return (
      <div className={classes.list} aria-busy role="status" aria-label={t("loading")}>
        {[0, 1, 2].map((each) => (
          <div key={each} className={classes.item}>
            <Skeleton height={14} width="60%" />
          </div>
        ))}
      </div>
    );
  }
  return (
    <>
      <ul className={classes.list} aria-label={label}>
        {items.map((item) => (
          <li key={idOf(item)}>{children(item)}</li>
        ))}
      </ul>
      {more?.has && (
        <Button variant="default" loading={more.fetching} onClick={more.fetch} className={classes.more}>
          {t("more")}
        </Button>
      )}
    </>
  );
}

/** One of them. */
export function Item(props: { title: ReactNode; detail?: ReactNode; end?: ReactNode; children?: ReactNode }) {
  const { title, detail, end, children } = props;
  return (
    <div className={classes.item}>
      <div className={classes.words}>
        <div className={classes.title}>{title}</div>
        {detail && (
          <Text size="xs" c="dimmed" component="div" className={classes.detail}>
            {detail}
          </Text>
        )}
        {children}
      </div>
      {end && <div className={classes.end}>{end}</div>}
    </div>
  );
}

/** A word about a thing, as `paused`; the colour only stresses it. */
export function Tag({ tone, children }: { tone?: "good" | "bad" | "waiting"; children: ReactNode }) {
  return (
    <span className={classes.tag} data-tone={tone}>
      {children}
    </span>
  );
}
