/** The lines of an invoice against ours, each with what may be done about it. */
import { Button, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useFormat } from "@/lib/format";
import { Ask } from "@/ui/ask";
import { Dot, type Tone } from "@/ui/dot";
import { TextLink } from "@/ui/links";
import { Sheet } from "@/ui/sheet";

import { isDelivery } from "../filter";
import classes from "../pages/ledger.module.css";
import { useAccept, useDismiss, type Compared, type Line } from "../queries";

const TONES: Record<Compared, Tone> = {
  matched: "good",
  amount_differs: "bad",
  unknown_to_us: "bad",
  missing_from_theirs: "waiting",
};

export function Lines({ reconciliationId, items }: { reconciliationId: string; items: Line[] | undefined }) {
  const { t } = useTranslation("ledger");
  const format = useFormat();
  const [asked, setAsked] = useState<Line | null>(null);
  return (
    <>
      <Sheet
        label={t("invoice.lines")}
        items={items}
        idOf={({ number }) => String(number)}
        columns={[
          {
            id: "reference",
            header: t("invoice.reference"),
            cell: ({ reference, delivery_id }) =>
              delivery_id ? (
                <TextLink to="/deliveries/$deliveryId" params={{ deliveryId: delivery_id }}>
                  {reference}
                </TextLink>
              ) : (
                reference
              ),
          },
          {
            id: "outcome",
            header: t("invoice.result"),
            cell: ({ outcome }) => <Dot tone={TONES[outcome]}>{t(`invoice.outcome.${outcome}`)}</Dot>,
          },
          { id: "currency", header: t("currency"), cell: ({ currency }) => currency, wide: true },
          { id: "ours", header: t("invoice.ours"), end: true, wide: true, cell: ({ ours }) => format.amount(ours) },
          { id: "theirs", header: t("invoice.theirs"), end: true, cell: ({ theirs }) => format.amount(theirs) },
          {
            id: "difference",
            header: t("invoice.difference"),
            end: true,
            wide: true,
            cell: ({ ours, theirs }) => format.amount(theirs - ours),
          },
          {
            id: "act",
            header: t("invoice.settlement"),
            end: true,
            cell: (line) => (
              <Settlement reconciliationId={reconciliationId} line={line} onAccept={() => setAsked(line)} />
            ),
          },
        ]}
      />
      {asked && <Accept reconciliationId={reconciliationId} line={asked} onClose={() => setAsked(null)} />}
    </>
  );
}

interface SettlementProps {
  reconciliationId: string;
  line: Line;
  onAccept: () => void;
}

function Settlement({ reconciliationId, line, onAccept }: SettlementProps) {
  const { t } = useTranslation(["ledger", "app"]);
  const dismiss = useDismiss(reconciliationId, line.number);
  if (line.outcome === "matched") return t("app:none");
  if (line.settled_as === "accepted" && line.adjustment_id) {
    return (
      <TextLink to="/ledger/adjustments/$adjustmentId" params={{ adjustmentId: line.adjustment_id }}>
        {t("invoice.accepted")}
      </TextLink>
    );
  }
  if (line.settled_as) return t(line.settled_as === "accepted" ? "invoice.accepted" : "invoice.dismissed");
  return (
    <span className={classes.acts}>
      <Button
        variant="default"
        size="compact-sm"
        aria-label={t("invoice.acceptLine", { reference: line.reference })}
        onClick={onAccept}
      >
        {t("invoice.accept")}
      </Button>
      <Button
        variant="subtle"
        color="gray"
        c="var(--mantine-color-text)"
        size="compact-sm"
        aria-label={t("invoice.dismissLine", { reference: line.reference })}
        loading={dismiss.isPending}
        onClick={() => dismiss.mutate(undefined)}
      >
        {t("invoice.dismiss")}
      </Button>
      {dismiss.isError && (
        <Text role="alert" size="xs" c="var(--mantine-color-error)">
          {t("invoice.dismissFailed")}
        </Text>
      )}
    </span>
  );
}

interface AcceptProps {
  reconciliationId: string;
  line: Line;
  onClose: () => void;
}

/** What accepting will post, before it does. */
function Accept({ reconciliationId, line, onClose }: AcceptProps) {
  const { t } = useTranslation("ledger");
  const format = useFormat();
  const accept = useAccept(reconciliationId, line.number);
  const [delivery, setDelivery] = useState("");
  const [wrong, setWrong] = useState(false);
  const unknown = line.outcome === "unknown_to_us";
  const confirm = () => {
    if (unknown && !isDelivery(delivery.trim())) return setWrong(true);
    accept.mutate(unknown ? delivery.trim() : null, { onSuccess: onClose });
  };
  const money = (amount: number) => format.money({ amount, currency: line.currency });
  return (
    <Ask
      opened
      onClose={onClose}
      title={t("invoice.acceptTitle")}
      detail={t(`invoice.acceptDetail.${line.outcome as "amount_differs"}`, {
        ours: money(line.ours),
        theirs: money(line.theirs),
      })}
      verb={t("invoice.accept")}
      pending={accept.isPending}
      error={accept.error}
      onConfirm={confirm}
    >
      {unknown && (
        <TextInput
          label={t("column.delivery")}
          placeholder={t("deliveryHint")}
          value={delivery}
          error={wrong && t("adjustments.deliveryWrong")}
          onChange={({ target }) => setDelivery(target.value)}
        />
      )}
      <Text size="xs" c="dimmed" mt="sm">
        {t("invoice.acceptLimit")}
      </Text>
    </Ask>
  );
}
