import { Skeleton, Text } from "@mantine/core";
import { IconExternalLink } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { StatusBadge } from "@/features/deliveries/components/status-badge";
import { place } from "@/features/deliveries/naming";
import type { Schemas } from "@/lib/api/client";
import { useFormat } from "@/lib/format";
import { ButtonLink, TextLink } from "@/ui/links";
import { Item, Listed, Tag } from "@/ui/listed";
import { Section } from "@/ui/section";
import { Failure } from "@/ui/states";

import { Desk } from "../components/desk";
import { Exchanges } from "../components/exchanges";
import { storyQuery } from "../queries";
import classes from "./story.module.css";

const route = getRouteApi("/app/support/deliveries/$deliveryId");

export function StoryPage() {
  const { t } = useTranslation("support");
  const { deliveryId } = route.useParams();
  const { data, error, refetch } = useQuery(storyQuery(deliveryId));
  const delivery = data?.delivery;
  return (
    <Desk
      title={delivery ? place(delivery.request.dropoff) : t("story.title")}
      above={
        <Text size="sm" mb="xs">
          <TextLink to="/support">{t("attention.title")}</TextLink>
        </Text>
      }
      actions={
        <ButtonLink to="/deliveries/$deliveryId" params={{ deliveryId }}>
          {t("story.steer")}
        </ButtonLink>
      }
    >
      <Section wide title={t("story.workflow")} detail={t("story.workflowDetail")}>
        {data ? (
          <Facts data={data} />
        ) : error ? (
          <Failure title={t("story.failed")} error={error} onRetry={() => void refetch()} />
        ) : (
          <Skeleton height={120} />
        )}
      </Section>
      {delivery && <Offers delivery={delivery} />}
      <Section wide title={t("exchanges.title")} detail={t("exchanges.detail")}>
        <Exchanges deliveryId={deliveryId} />
      </Section>
    </Desk>
  );
}

function Facts({ data }: { data: Schemas["StaffView"] }) {
  const { t } = useTranslation("support");
  const format = useFormat();
  const { delivery, workflow_id, workflow_url } = data;
  const { attention, reason, booking } = delivery;
  return (
    <dl className={classes.facts}>
      <Fact name={t("story.status")}>
        <StatusBadge status={delivery.status ?? "quoting"} />
        {attention && attention !== "none" && <Tag tone="bad">{t(`attentions.${attention}`)}</Tag>}
      </Fact>
      {reason && <Fact name={t("story.reason")}>{reason}</Fact>}
      <Fact name={t("story.id")}>{delivery.id}</Fact>
      <Fact name={t("story.organisation")}>
        <TextLink to="/support/deliveries" search={{ organisation: delivery.organisation_id }}>
          {delivery.organisation_id}
        </TextLink>
      </Fact>
      <Fact name={t("story.seq")}>
        {format.number(delivery.seq ?? 0)}
        {" · "}
        <TextLink to="/support/audit" search={{ subject: delivery.id }}>
          {t("story.audit")}
        </TextLink>
      </Fact>
      {booking && (
        <Fact name={t("story.booking")}>
          {[
            `${booking.carrier}/${booking.carrier_account}`,
            booking.reference,
            t("story.attempt", { number: booking.attempt }),
            t(booking.confirmed ? "story.confirmed" : "story.unconfirmed"),
          ].join(" · ")}
        </Fact>
      )}
      {delivery.promised_at && <Fact name={t("story.promised")}>{format.dateTime(delivery.promised_at)}</Fact>}
      {delivery.eta_at && <Fact name={t("story.eta")}>{format.dateTime(delivery.eta_at)}</Fact>}
      <Fact name={t("story.updated")}>{format.dateTime(delivery.updated_at)}</Fact>
      <Fact name={t("story.workflowId")}>
        {workflow_url ? (
          <a href={workflow_url} target="_blank" rel="noreferrer" className={classes.out}>
            {workflow_id}
            <IconExternalLink size={14} aria-hidden />
            <span className={classes.hidden}>{t("story.inTemporal")}</span>
          </a>
        ) : (
          workflow_id
        )}
      </Fact>
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

/** Who offered what, at our cost and the customer's price; who did not, and why. */
function Offers({ delivery }: { delivery: Schemas["Delivery"] }) {
  const { t } = useTranslation("support");
  const format = useFormat();
  return (
    <Section wide title={t("offers.title")} detail={t("offers.detail")}>
      <Listed
        label={t("offers.title")}
        items={delivery.offers ?? []}
        idOf={({ id }) => id}
        error={null}
        failed=""
        onRetry={() => undefined}
        empty={
          <Text size="sm" c="dimmed">
            {t("offers.none")}
          </Text>
        }
      >
        {(offer) => (
          <Item
            title={
              <>
                {`${offer.carrier_name || offer.carrier} · ${offer.service}`}
                {offer.id === delivery.accepted_offer_id && <Tag tone="good">{t("offers.accepted")}</Tag>}
              </>
            }
            detail={`${offer.carrier}/${offer.carrier_account} · ${t("offers.until", { at: format.dateTime(offer.expires_at) })}`}
            end={t("offers.money", { cost: format.money(offer.cost), price: format.money(offer.price) })}
          />
        )}
      </Listed>
      {(delivery.declined ?? []).map((decline) => (
        <Item
          key={`${decline.carrier}/${decline.carrier_account}`}
          title={`${decline.carrier}/${decline.carrier_account}`}
          detail={decline.detail}
          end={<Tag>{decline.reason}</Tag>}
        />
      ))}
    </Section>
  );
}
