/** What is done to the deliveries that were ticked: a bar at the foot of the page. */
import { Button, CopyButton, Group, NativeSelect, Progress, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Schemas } from "@/lib/api/client";
import { useExplain } from "@/lib/explain";
import { newKey } from "@/lib/intent";
import { useSession } from "@/lib/session";

import { send } from "../asks";
import { useNow } from "../now";
import { whyNot } from "../permits";
import { keys, type Delivery } from "../queries";
import { CANCEL_REASONS, Dialog } from "./dialogs";
import classes from "./bulk.module.css";

const AT_ONCE = 4;

export function BulkBar({ chosen, onClear }: { chosen: Delivery[]; onClear: () => void }) {
  const { t } = useTranslation("deliveries");
  const session = useSession();
  const now = useNow();
  const [open, setOpen] = useState<Delivery[] | null>(null);
  const able = chosen.filter((each) => whyNot(each, "cancel", session, now) === null);
  const links = chosen.flatMap(({ tracking_url }) => tracking_url ?? []);
  return (
    <section className={classes.bar} aria-label={t("bulk.label")}>
      <Text size="sm" fw={600} aria-live="polite">
        {t("bulk.count", { count: chosen.length })}
      </Text>
      {able.length === 0 && (
        <Text size="xs" c="dimmed" id="bulk-cannot">
          {t("bulk.cannot")}
        </Text>
      )}
      <Button
        size="xs"
        variant="default"
        data-disabled={able.length === 0 || undefined}
        aria-disabled={able.length === 0}
        aria-describedby={able.length === 0 ? "bulk-cannot" : undefined}
        onClick={() => able.length > 0 && setOpen(able)}
      >
        {t("bulk.cancel")}
      </Button>
      {links.length > 0 && (
        <CopyButton value={links.join("\n")}>
          {({ copied, copy }) => (
            <Button size="xs" variant="default" onClick={copy}>
              {t(copied ? "copied" : "bulk.links")}
            </Button>
          )}
        </CopyButton>
      )}
      <Button size="xs" variant="subtle" onClick={onClear}>
        {t("bulk.none")}
      </Button>
      {open && (
        <CancelMany able={open} left={chosen.length - open.length} onClose={() => setOpen(null)} done={onClear} />
      )}
    </section>
  );
}

interface CancelManyProps {
  able: Delivery[];
  left: number;
  onClose: () => void;
  done: () => void;
}

function CancelMany({ able, left, onClose, done }: CancelManyProps) {
  const { t } = useTranslation("deliveries");
  const explain = useExplain();
  const queries = useQueryClient();
  const [reason, setReason] = useState<Schemas["CancelReason"]>("customer_request");
  const [asked, setAsked] = useState<number | null>(null);
  const [failed, setFailed] = useState<{ delivery: Delivery; error: unknown }[]>([]);
  // One key for each delivery: what got no answer is asked for again as the same.
  const [intents] = useState(() => new Map(able.map(({ id }) => [id, newKey()])));
  const run = async () => {
    const waiting = failed.length > 0 ? failed.map(({ delivery }) => delivery) : [...able];
    const wrong: typeof failed = [];
    setFailed([]);
    setAsked(able.length - waiting.length);
    const work = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const delivery = next;
        await send(delivery.id, intents.get(delivery.id) ?? newKey(), { ask: "cancel", body: { reason } }).then(
          () => setAsked((count) => (count ?? 0) + 1),
          (error: unknown) => wrong.push({ delivery, error }),
        );
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    void queries.invalidateQueries({ queryKey: keys.lists });
    if (wrong.length === 0) return done();
    setFailed(wrong);
  };
  const running = asked !== null && failed.length === 0;
  return (
    <Dialog title={t("bulk.title", { count: able.length })} onClose={onClose}>
      {left > 0 && (
        <Text size="sm" c="dimmed">
          {t("bulk.left", { count: left })}
        </Text>
      )}
      <NativeSelect
        label={t("cancel.why")}
        value={reason}
        disabled={asked !== null}
        onChange={({ currentTarget }) => setReason(currentTarget.value as Schemas["CancelReason"])}
        data={CANCEL_REASONS.map((value) => ({ value, label: t(`cancel.reason.${value}`) }))}
      />
      {asked !== null && (
        <div role="status">
          <Progress
            value={(100 * asked) / able.length}
            aria-label={t("bulk.progress", { done: asked, all: able.length })}
          />
          <Text size="xs" c="dimmed" mt={4}>
            {t("bulk.progress", { done: asked, all: able.length })}
          </Text>
        </div>
      )}
      {failed[0] && (
        <Text size="sm" c="var(--mantine-color-error)" role="alert">
          {t("bulk.failed", { count: failed.length, why: explain(failed[0].error).said })}
        </Text>
      )}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {t("cancel.keep")}
        </Button>
        <Button color="red.9" loading={running} onClick={() => void run()}>
          {t("bulk.title", { count: able.length })}
        </Button>
      </Group>
    </Dialog>
  );
}
