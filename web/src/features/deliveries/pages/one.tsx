import { Skeleton, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useFormat } from "@/lib/format";
import { TextLink } from "@/ui/links";
import { Card, Page } from "@/ui/page";
import { Failure } from "@/ui/states";

import { StatusBadge } from "../components/status-badge";
import { Timeline } from "../components/timeline";
import { accepted, place } from "../naming";
import { deliveryQuery, type Delivery } from "../queries";
import classes from "./one.module.css";

const route = getRouteApi("/app/deliveries/$deliveryId");

export function DeliveryPage() {
  const { t } = useTranslation("deliveries");
  const { deliveryId } = route.useParams();
  const { data: delivery, error, refetch } = useQuery(deliveryQuery(deliveryId));
  const back = (
    <Text size="sm" mb="xs">
      <TextLink to="/deliveries">{t("title")}</TextLink>
    </Text>
  );
  if (error && !delivery) {
    return (
      <Page title={t("one")} above={back}>
        <Failure title={t("oneFailed")} error={error} onRetry={() => void refetch()} />
      </Page>
    );
  }
  return (
    <Page
      title={delivery ? place(delivery.request.dropoff) : t("one")}
      above={back}
      actions={delivery && <StatusBadge status={delivery.status} />}
    >
      <div className={classes.columns}>
        <Card label={t("timeline.title")}>
          <Title order={2} p="lg" pb={0}>
            {t("timeline.title")}
          </Title>
          <Timeline deliveryId={deliveryId} />
        </Card>
        <Card label={t("facts.title")}>
          <Title order={2} p="lg" pb={0}>
            {t("facts.title")}
          </Title>
          {delivery ? <Facts delivery={delivery} /> : <Skeleton m="lg" height={120} width="auto" />}
        </Card>
      </div>
    </Page>
  );
}

function Facts({ delivery }: { delivery: Delivery }) {
  const { t } = useTranslation(["deliveries", "app"]);
  const format = useFormat();
  const { request, booking, eta_at, promised_at } = delivery;
  const offer = accepted(delivery);
  return (
    <dl className={classes.facts}>
      <Fact name={t("column.from")}>{place(request.pickup)}</Fact>
      <Fact name={t("column.to")}>{place(request.dropoff)}</Fact>
      <Fact name={t("column.created")}>{format.dateTime(delivery.created_at)}</Fact>
      {promised_at && <Fact name={t("facts.promised")}>{format.dateTime(promised_at)}</Fact>}
      {eta_at && <Fact name={t("facts.eta")}>{format.dateTime(eta_at)}</Fact>}
      {offer && <Fact name={t("column.carrier")}>{offer.carrier_name}</Fact>}
      {offer && <Fact name={t("column.price")}>{format.money(offer.price)}</Fact>}
      {booking?.tracking_number && <Fact name={t("facts.tracking")}>{booking.tracking_number}</Fact>}
      {request.reference && <Fact name={t("column.reference")}>{request.reference}</Fact>}
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
