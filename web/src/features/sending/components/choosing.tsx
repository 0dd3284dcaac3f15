/** What carriers offer for a delivery, and taking one: the arrow keys choose, Enter books. */
import { Alert, Button, Checkbox, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Navigate, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { Refused } from "@/lib/api/problem";
import { useFormat } from "@/lib/format";
import { newKey } from "@/lib/intent";
import { FormError } from "@/ui/form-error";
import { ButtonLink, TextLink } from "@/ui/links";
import { Page } from "@/ui/page";
import { Empty, Failure } from "@/ui/states";

import { place } from "../../deliveries/naming";
import { deliveryQuery, type Delivery } from "../../deliveries/queries";
import { countdown, useNow } from "../now";
import { bestValue } from "../offers";
import { useAccept, useCreate, useQuoteAgain } from "../queries";
import { useReason } from "../reasons";
import { Asking } from "./asking";
import { Declined } from "./declined";
import classes from "./new-form.module.css";
import { OfferList } from "./offer-list";

const LOOK_MS = 1500;

export function Choosing({ id }: { id: string }) {
  const { t } = useTranslation("sending");
  const { data, error, refetch } = useQuery({
    ...deliveryQuery(id),
    // Lines tell, too; this is for when there are none.
    refetchInterval: ({ state }) => (state.data?.status === "quoting" ? LOOK_MS : false),
  });
  const change = (
    <Text size="sm" mb="xs">
      <TextLink to="/deliveries/new" search={{ from: id }}>
        {t("edit")}
      </TextLink>
    </Text>
  );
  if (data && !["quoting", "quoted", "failed", "expired", "cancelled"].includes(data.status)) {
    return <Navigate to="/deliveries/$deliveryId" params={{ deliveryId: id }} replace />;
  }
  return (
    <Page title={t("offers.title")} above={data && change}>
      <div className={classes.column}>
        {data && (
          <Text c="dimmed" mb="md">
            {t("offers.way", { from: place(data.request.pickup), to: place(data.request.dropoff) })}
          </Text>
        )}
        {data ? (
          <Standing delivery={data} />
        ) : error ? (
          <Failure title={t("offers.failed")} error={error} onRetry={() => void refetch()} />
        ) : (
          <Asking />
        )}
      </div>
    </Page>
  );
}

function Standing({ delivery }: { delivery: Delivery }) {
  const { t } = useTranslation("sending");
  const again = useAgain(delivery);
  const now = useNow();
  if (again.isPending || delivery.status === "quoting") return <Asking />;
  const { offers, declined, choose_by } = delivery;
  const ends = Math.min(
    choose_by ? Date.parse(choose_by) : Infinity,
    Math.max(0, ...offers.map(({ expires_at }) => Date.parse(expires_at))),
  );
  const open = delivery.status === "quoted" && ends > now;
  const askAgain = <Button onClick={again.ask}>{t("again")}</Button>;
  return (
    <Stack>
      {open ? (
        <Choice delivery={delivery} now={now} ends={ends} onAgain={again.ask} />
      ) : offers.length > 0 ? (
        <Empty title={t("over.title")} detail={t("over.detail")} action={askAgain} />
      ) : (
        <Empty
          title={t("nobody.title")}
          detail={t("nobody.detail")}
          action={
            <>
              {askAgain}
              <ButtonLink variant="default" to="/deliveries/new" search={{ from: delivery.id }}>
                {t("edit")}
              </ButtonLink>
            </>
          }
        />
      )}
      <FormError error={again.error} />
      <Declined declined={declined} open={offers.length === 0} />
    </Stack>
  );
}

interface ChoiceProps {
  delivery: Delivery;
  now: number;
  ends: number;
  onAgain: () => void;
}

function Choice({ delivery, now, ends, onAgain }: ChoiceProps) {
  const { t } = useTranslation("sending");
  const format = useFormat();
  const reason = useReason();
  const go = useNavigate();
  const accept = useAccept(delivery.id);
  const [wanted, setWanted] = useState<string>();
  const [fallback, setFallback] = useState(delivery.request.fallback);
  const refused = accept.error instanceof Refused && accept.error.code === "not_available" ? accept.error : null;
  const left =
    refused && Array.isArray(refused.problem.alternatives) ? (refused.problem.alternatives as string[]) : null;
  const possible = delivery.offers.filter(
    ({ id, expires_at }) => Date.parse(expires_at) > now && (left === null || left.includes(id)),
  );
  const chosen = possible.find(({ id }) => id === wanted) ?? bestValue(possible, now);
  const submit = () => {
    if (!chosen) return;
    accept.mutate(
      { body: { offer_id: chosen.id, fallback }, key: newKey() },
      { onSuccess: ({ id }) => void go({ to: "/deliveries/$deliveryId", params: { deliveryId: id } }) },
    );
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Stack>
        <OfferList
          offers={delivery.offers}
          possible={possible}
          chosen={chosen?.id}
          onChoose={(id) => setWanted(id)}
          now={now}
        />
        <Checkbox
          label={t("fallback")}
          checked={fallback}
          onChange={({ currentTarget }) => setFallback(currentTarget.checked)}
        />
        {refused && (
          <Alert role="alert" color="yellow" variant="light" title={reason(String(refused.problem.reason))}>
            {t(possible.length > 0 ? "refused.others" : "refused.nobody")}
          </Alert>
        )}
        {!refused && <FormError error={accept.error} />}
        {chosen ? (
          <Button type="submit" size="md" loading={accept.isPending} data-autofocus autoFocus>
            {t("book", { carrier: chosen.carrier_name || chosen.carrier_account, price: format.money(chosen.price) })}
          </Button>
        ) : (
          <Button onClick={onAgain}>{t("again")}</Button>
        )}
        <Text size="sm" c="dimmed" ta="center" className={classes.clock}>
          {t("ends", { left: countdown(ends, now) })}
        </Text>
      </Stack>
    </form>
  );
}

/** The carriers asked once more: the same delivery while it lives, else another like it. */
function useAgain(delivery: Delivery) {
  const go = useNavigate();
  const quoteAgain = useQuoteAgain(delivery.id);
  const create = useCreate();
  const ask = () => {
    if (delivery.allowed?.includes("quote_again")) {
      quoteAgain.mutate(newKey());
      return;
    }
    create.mutate(
      { body: { ...delivery.request, ready_at: null, deliver_by: null }, key: newKey() },
      {
        onSuccess: ({ id }) => void go({ to: "/deliveries/new", search: { delivery: id }, replace: true }),
      },
    );
  };
  return {
    ask,
    isPending: quoteAgain.isPending || create.isPending,
    error: quoteAgain.error ?? create.error,
  };
}
