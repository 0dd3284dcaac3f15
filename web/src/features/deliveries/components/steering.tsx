/** Staff: what the workflow knows, where to look at it, and what may be done about it. */
import { Anchor, Button, Checkbox, Group, NativeSelect, Skeleton, Stack, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useExplain } from "@/lib/explain";
import { useFormat } from "@/lib/format";
import { Fact, Facts } from "@/ui/facts";
import { FormError } from "@/ui/form-error";

import { useAsk, type Ask } from "../asks";
import { standing } from "../naming";
import { useNow } from "../now";
import { isFinal } from "../permits";
import { workflowQuery, type Delivery, type Status } from "../queries";
import { STATUSES } from "../status";
import { Dialog } from "./dialogs";
import classes from "./actions.module.css";

const STEERS = ["retry_booking", "change_carrier", "force_status", "clear_attention"] as const;
type Steer = (typeof STEERS)[number];
const REASONS = ["staff_choice", "customer_asked", "carrier_asked", "wrong_report", "looked_at", "other"] as const;

export function Steering({ delivery }: { delivery: Delivery }) {
  const { t } = useTranslation("deliveries");
  const [open, setOpen] = useState<Steer | null>(null);
  const close = () => setOpen(null);
  return (
    <>
      <Workflow delivery={delivery} />
      <ul className={classes.list}>
        {STEERS.map((steer) => {
          const may = delivery.allowed.includes(steer);
          return (
            <li key={steer} className={classes.row}>
              <div>
                <Text size="sm" fw={500}>
                  {t(`steer.${steer}.title`)}
                </Text>
                <Text size="xs" c="dimmed" id={`steer-${steer}`}>
                  {t(may ? `steer.${steer}.detail` : `steer.${steer}.not`)}
                </Text>
              </div>
              <Button
                variant="default"
                size="xs"
                data-disabled={!may || undefined}
                aria-disabled={!may}
                aria-describedby={`steer-${steer}`}
                onClick={(event) => (may ? setOpen(steer) : event.preventDefault())}
              >
                {t(`steer.${steer}.do`)}
              </Button>
            </li>
          );
        })}
      </ul>
      {open === "retry_booking" && <RetryDialog delivery={delivery} onClose={close} />}
      {open === "change_carrier" && <ChangeDialog delivery={delivery} onClose={close} />}
      {open === "force_status" && <ForceDialog delivery={delivery} onClose={close} />}
      {open === "clear_attention" && <ClearDialog delivery={delivery} onClose={close} />}
    </>
  );
}

function Workflow({ delivery }: { delivery: Delivery }) {
  const { t } = useTranslation("deliveries");
  const format = useFormat();
  const explain = useExplain();
  const { data, error } = useQuery(workflowQuery(delivery.id));
  if (error && !data) {
    return (
      <Text size="sm" c="dimmed" p="lg" pb={0}>
        {t("steer.unknown", { why: explain(error).said })}
      </Text>
    );
  }
  if (!data) return <Skeleton m="lg" height={60} width="auto" />;
  const { booking } = data.delivery;
  return (
    <Facts>
      <Fact name={t("steer.workflow")}>
        {data.workflow_url ? (
          <Anchor size="sm" href={data.workflow_url} target="_blank" rel="noreferrer noopener">
            {t("steer.open")}
          </Anchor>
        ) : (
          data.workflow_id
        )}
      </Fact>
      <Fact name={t("steer.knows")}>
        {t(`status.${data.delivery.status}`)}
        {data.delivery.status !== delivery.status && ` (${t("steer.ahead")})`}
      </Fact>
      <Fact name={t("steer.version")}>{format.number(data.delivery.seq)}</Fact>
      <Fact name={t("steer.organisation")}>{delivery.organisation_id}</Fact>
      <Fact name={t("steer.by")}>{data.delivery.created_by}</Fact>
      {booking && (
        <Fact name={t("steer.booking")}>
          {`${booking.carrier}/${booking.carrier_account} · ${booking.reference} · ${booking.attempt}`}
        </Fact>
      )}
      {booking?.cost && <Fact name={t("steer.cost")}>{format.money(booking.cost)}</Fact>}
    </Facts>
  );
}

interface DialogProps {
  delivery: Delivery;
  onClose: () => void;
}

interface AskDialogProps extends DialogProps {
  title: string;
  asked: (reason: string) => Ask | null;
  withReason?: boolean;
  children?: ReactNode;
}

function AskDialog({ delivery, onClose, title, asked, withReason = true, children }: AskDialogProps) {
  const { t } = useTranslation(["deliveries", "app"]);
  const [reason, setReason] = useState<string>(REASONS[0]);
  const ask = useAsk(delivery.id, onClose);
  const send = () => {
    const what = asked(reason);
    if (what) ask.mutate(what);
  };
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      {withReason && (
        <NativeSelect
          label={t("steer.reason")}
          value={reason}
          onChange={({ currentTarget }) => setReason(currentTarget.value)}
          data={REASONS.map((value) => ({ value, label: t(`steer.reasons.${value}`) }))}
        />
      )}
      <FormError error={ask.error} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {t("app:cancel")}
        </Button>
        <Button loading={ask.isPending} onClick={send}>
          {title}
        </Button>
      </Group>
    </Dialog>
  );
}

function useOffers(delivery: Delivery, none: string) {
  const format = useFormat();
  const now = useNow();
  const offers = delivery.offers.filter((offer) => standing(offer, now) && offer.id !== delivery.accepted_offer_id);
  return [
    { value: "", label: none },
    ...offers.map((offer) => ({ value: offer.id, label: `${offer.carrier_name} · ${format.money(offer.price)}` })),
  ];
}

function RetryDialog(props: DialogProps) {
  const { t } = useTranslation("deliveries");
  const [offer, setOffer] = useState("");
  const [found, setFound] = useState("");
  const [nothing, setNothing] = useState(false);
  const offers = useOffers(props.delivery, t("steer.bestLeft"));
  const unknown = props.delivery.attention === "booking_unknown";
  return (
    <AskDialog
      {...props}
      title={t("steer.retry_booking.do")}
      withReason={false}
      asked={() => ({
        ask: "retry-booking",
        body: { offer_id: offer || null, found_reference: found.trim() || null, nothing_booked: nothing },
      })}
    >
      <NativeSelect
        label={t("steer.offer")}
        data={offers}
        value={offer}
        onChange={({ currentTarget }) => setOffer(currentTarget.value)}
      />
      {unknown && (
        <Stack gap="sm">
          <TextInput
            label={t("steer.found")}
            description={t("steer.foundDetail")}
            maxLength={100}
            value={found}
            disabled={nothing}
            onChange={({ currentTarget }) => setFound(currentTarget.value)}
          />
          <Checkbox
            label={t("steer.nothing")}
            checked={nothing}
            onChange={({ currentTarget }) => setNothing(currentTarget.checked)}
          />
        </Stack>
      )}
    </AskDialog>
  );
}

function ChangeDialog(props: DialogProps) {
  const { t } = useTranslation("deliveries");
  const [offer, setOffer] = useState("");
  const offers = useOffers(props.delivery, t("steer.anew"));
  return (
    <AskDialog
      {...props}
      title={t("steer.change_carrier.do")}
      asked={(reason) => ({ ask: "change-carrier", body: { offer_id: offer || null, reason } })}
    >
      <NativeSelect
        label={t("steer.offer")}
        data={offers}
        value={offer}
        onChange={({ currentTarget }) => setOffer(currentTarget.value)}
      />
    </AskDialog>
  );
}

const FORCEABLE = STATUSES.filter((status) => !["quoting", "quoted", "booking", "expired"].includes(status));

function ForceDialog(props: DialogProps) {
  const { t } = useTranslation("deliveries");
  const choices = FORCEABLE.filter((status) => status !== props.delivery.status);
  const [status, setStatus] = useState<Status>(choices.find(isFinal) ?? "cancelled");
  return (
    <AskDialog
      {...props}
      title={t("steer.force_status.do")}
      asked={(reason) => ({ ask: "force-status", body: { status, reason } })}
    >
      <Text size="sm">{t("steer.force_status.warning")}</Text>
      <NativeSelect
        label={t("steer.status")}
        value={status}
        onChange={({ currentTarget }) => setStatus(currentTarget.value as Status)}
        data={choices.map((value) => ({ value, label: t(`status.${value}`) }))}
      />
    </AskDialog>
  );
}

function ClearDialog(props: DialogProps) {
  const { t } = useTranslation("deliveries");
  return (
    <AskDialog
      {...props}
      title={t("steer.clear_attention.do")}
      asked={(reason) => ({ ask: "clear-attention", body: { reason } })}
    />
  );
}
