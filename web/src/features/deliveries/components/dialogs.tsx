/** What is asked before a delivery is cancelled or its carrier answered. */
import { Button, Checkbox, Group, Modal, NativeSelect, Radio, Stack, Text, TextInput } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import type { Schemas } from "@/lib/api/client";
import { useFormat } from "@/lib/format";
import { FormError } from "@/ui/form-error";

import { useAsk } from "../asks";
import type { Delivery } from "../queries";

interface DialogProps {
  delivery: Delivery;
  onClose: () => void;
}

export const CANCEL_REASONS = [
  "customer_request", "wrong_details", "too_slow", "not_ready", "other",
] as const satisfies readonly Schemas["CancelReason"][]; // prettier-ignore
const DECISIONS = ["retry", "redirect", "return"] as const satisfies readonly Schemas["Decision"][];

export function CancelDialog({ delivery, onClose }: DialogProps) {
  const { t } = useTranslation(["deliveries", "app"]);
  const [reason, setReason] = useState<Schemas["CancelReason"]>("customer_request");
  const ask = useAsk(delivery.id, onClose);
  return (
    <Dialog title={t("cancel.title")} onClose={onClose}>
      <Text size="sm">{t(delivery.booking ? "cancel.booked" : "cancel.free")}</Text>
      <NativeSelect
        data-autofocus
        label={t("cancel.why")}
        value={reason}
        onChange={({ currentTarget }) => setReason(currentTarget.value as Schemas["CancelReason"])}
        data={CANCEL_REASONS.map((value) => ({ value, label: t(`cancel.reason.${value}`) }))}
      />
      <FormError error={ask.error} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {t("cancel.keep")}
        </Button>
        <Button color="red.9" loading={ask.isPending} onClick={() => ask.mutate({ ask: "cancel", body: { reason } })}>
          {t("cancel.do")}
        </Button>
      </Group>
    </Dialog>
  );
}

interface DecideProps extends DialogProps {
  first?: Schemas["Decision"];
}

export function DecideDialog({ delivery, onClose, first = "retry" }: DecideProps) {
  const { t } = useTranslation(["deliveries", "app"]);
  const [decision, setDecision] = useState<Schemas["Decision"]>(first);
  const [note, setNote] = useState("");
  const [missing, setMissing] = useState(false);
  const ask = useAsk(delivery.id, onClose);
  const send = () => {
    const told = note.trim();
    setMissing(decision === "redirect" && !told);
    if (decision === "redirect" && !told) return;
    ask.mutate({ ask: "decide", body: { decision, note: told || null } });
  };
  return (
    <Dialog title={t("decide.title")} onClose={onClose}>
      <Radio.Group
        label={t("decide.what")}
        value={decision}
        onChange={(value) => setDecision(value as Schemas["Decision"])}
      >
        <Stack mt="xs" gap="sm">
          {DECISIONS.map((each) => (
            <Radio key={each} value={each} label={t(`decide.${each}.name`)} description={t(`decide.${each}.detail`)} />
          ))}
        </Stack>
      </Radio.Group>
      <TextInput
        label={t("decide.note")}
        description={t("decide.noteDetail")}
        required={decision === "redirect"}
        error={missing && t("decide.noteMissing")}
        maxLength={200}
        value={note}
        onChange={({ currentTarget }) => setNote(currentTarget.value)}
      />
      <FormError error={ask.error} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {t("app:cancel")}
        </Button>
        <Button loading={ask.isPending} onClick={send}>
          {t("decide.do")}
        </Button>
      </Group>
    </Dialog>
  );
}

interface AcceptProps extends DialogProps {
  offer: Schemas["OfferView"];
}

export function AcceptDialog({ delivery, offer, onClose }: AcceptProps) {
  const { t } = useTranslation(["deliveries", "app"]);
  const format = useFormat();
  const [fallback, setFallback] = useState(delivery.request.fallback);
  const ask = useAsk(delivery.id, onClose);
  return (
    <Dialog title={t("accept.title", { carrier: offer.carrier_name })} onClose={onClose}>
      <Text size="sm">{t("accept.detail", { price: format.money(offer.price) })}</Text>
      <Checkbox
        label={t("accept.fallback")}
        description={t("accept.fallbackDetail")}
        checked={fallback}
        onChange={({ currentTarget }) => setFallback(currentTarget.checked)}
      />
      <FormError error={ask.error} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {t("app:cancel")}
        </Button>
        <Button
          data-autofocus
          loading={ask.isPending}
          onClick={() => ask.mutate({ ask: "accept", body: { offer_id: offer.id, fallback } })}
        >
          {t("accept.do")}
        </Button>
      </Group>
    </Dialog>
  );
}

export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <Modal
      opened
      onClose={onClose}
      title={<Text fw={600}>{title}</Text>}
      closeButtonProps={{ "aria-label": t("close") }}
      attributes={{ header: { role: "presentation" } }} // a page has one banner
    >
      <Stack>{children}</Stack>
    </Modal>
  );
}
