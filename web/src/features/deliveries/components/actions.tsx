/** Everything that may be asked of a delivery: what cannot be now says why, instead of being gone. */
import { Button, Text } from "@mantine/core";
import { lazy, Suspense, useId, useState } from "react";
import { useTranslation } from "react-i18next";

import { useSession } from "@/lib/session";
import { FormError } from "@/ui/form-error";

import { useAsk, type Ask } from "../asks";
import { useNow } from "../now";
import { ACTIONS, whyNot, type Action } from "../permits";
import type { Delivery } from "../queries";
import classes from "./actions.module.css";

const CancelDialog = lazy(() => import("./dialogs").then((made) => ({ default: made.CancelDialog })));
const DecideDialog = lazy(() => import("./dialogs").then((made) => ({ default: made.DecideDialog })));

const AT_ONCE: Partial<Record<Action, Ask>> = {
  quote_again: { ask: "quote-again" },
  retry_booking: { ask: "retry-booking", body: { nothing_booked: false } },
};

export function Actions({ delivery }: { delivery: Delivery }) {
  const [open, setOpen] = useState<Action | null>(null);
  const ask = useAsk(delivery.id);
  const close = () => setOpen(null);
  const start = (action: Action) => {
    const asked = AT_ONCE[action];
    if (asked) ask.mutate(asked);
    else if (action === "accept") document.getElementById("offers")?.scrollIntoView();
    else setOpen(action);
  };
  return (
    <>
      <ul className={classes.list}>
        {ACTIONS.map((action) => (
          <ActionRow
            key={action}
            action={action}
            delivery={delivery}
            pending={ask.isPending && ask.variables.ask === AT_ONCE[action]?.ask}
            onStart={() => start(action)}
          />
        ))}
      </ul>
      {ask.error && (
        <div className={classes.failed}>
          <FormError error={ask.error} />
        </div>
      )}
      <Suspense>
        {open === "cancel" && <CancelDialog delivery={delivery} onClose={close} />}
        {open === "decide" && <DecideDialog delivery={delivery} onClose={close} />}
      </Suspense>
    </>
  );
}

interface ActionRowProps {
  action: Action;
  delivery: Delivery;
  pending: boolean;
  onStart: () => void;
}

function ActionRow({ action, delivery, pending, onStart }: ActionRowProps) {
  const { t } = useTranslation("deliveries");
  const session = useSession();
  const said = useId();
  const why = whyNot(delivery, action, session, useNow());
  return (
    <li className={classes.row}>
      <div>
        <Text size="sm" fw={500}>
          {t(`action.${action}.title`)}
        </Text>
        <Text size="xs" c="dimmed" id={said}>
          {why ? t(`whyNot.${why}`) : t(`action.${action}.detail`)}
        </Text>
      </div>
      <Button
        variant="default"
        size="xs"
        // Reachable by key, so that the reason is heard.
        data-disabled={why !== null || undefined}
        aria-disabled={why !== null}
        aria-describedby={said}
        loading={pending}
        onClick={(event) => (why ? event.preventDefault() : onStart())}
      >
        {t(`action.${action}.do`)}
      </Button>
    </li>
  );
}
