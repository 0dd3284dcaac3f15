/** Why a human should look, and what they may choose. */
import { Button, Group, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { lazy, Suspense, useId, useState } from "react";
import { useTranslation } from "react-i18next";

import type { Schemas } from "@/lib/api/client";
import { useSession } from "@/lib/session";
import { FormError } from "@/ui/form-error";

import { useAsk } from "../asks";
import { isAttention } from "../filter";
import { useReason } from "../naming";
import { useNow } from "../now";
import { whyNot } from "../permits";
import type { Delivery } from "../queries";
import classes from "./attention.module.css";

const CancelDialog = lazy(() => import("./dialogs").then((made) => ({ default: made.CancelDialog })));
const DecideDialog = lazy(() => import("./dialogs").then((made) => ({ default: made.DecideDialog })));
const DECISIONS = ["retry", "redirect", "return"] as const;

export function AttentionBanner({ delivery }: { delivery: Delivery }) {
  const { t } = useTranslation("deliveries");
  const reason = useReason();
  const session = useSession();
  const now = useNow();
  const heading = useId();
  const [open, setOpen] = useState<Schemas["Decision"] | "cancel" | null>(null);
  const ask = useAsk(delivery.id);
  const { attention } = delivery;
  const failed = delivery.status === "attempt_failed";
  if (!isAttention(attention) && !failed) return null;
  const what = isAttention(attention) ? attention : "decision_needed";
  const may = (action: Parameters<typeof whyNot>[1]) => whyNot(delivery, action, session, now) === null;
  const close = () => setOpen(null);
  return (
    <section className={classes.banner} aria-labelledby={heading}>
      <Text fw={600} id={heading} role="status" className={classes.title}>
        <IconAlertTriangle size={18} aria-hidden />
        {t(failed && what === "decision_needed" ? "attention.failed" : `attention.${what}.title`)}
      </Text>
      <Text size="sm">{t(`attention.${what}.detail`)}</Text>
      {delivery.reason && (
        <Text size="sm" c="dimmed">
          {t("attention.reason", { reason: reason(delivery.reason) })}
        </Text>
      )}
      <Group gap="xs" mt="sm">
        {what === "decision_needed" &&
          may("decide") &&
          DECISIONS.map((each) => (
            <Button
              key={each}
              size="xs"
              variant={each === "retry" ? "filled" : "default"}
              onClick={() => setOpen(each)}
            >
              {t(`decide.${each}.name`)}
            </Button>
          ))}
        {what === "unbookable" && may("retry_booking") && (
          <Button
            size="xs"
            loading={ask.isPending}
            onClick={() => ask.mutate({ ask: "retry-booking", body: { nothing_booked: false } })}
          >
            {t("action.retry_booking.do")}
          </Button>
        )}
        {(what === "unbookable" || what === "silent_carrier") && may("cancel") && (
          <Button size="xs" variant="default" onClick={() => setOpen("cancel")}>
            {t("action.cancel.do")}
          </Button>
        )}
      </Group>
      <FormError error={ask.error} />
      <Suspense>
        {open === "cancel" && <CancelDialog delivery={delivery} onClose={close} />}
        {open && open !== "cancel" && <DecideDialog delivery={delivery} first={open} onClose={close} />}
      </Suspense>
    </section>
  );
}
