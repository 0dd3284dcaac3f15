/** What was asked for, what is promised, and how it was handed over. */
import { Anchor, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { useDrawn } from "@/lib/drawn";
import { useFormat } from "@/lib/format";
import { Fact, Facts } from "@/ui/facts";

import { accepted, place } from "../naming";
import { useNow } from "../now";
import { isFinal } from "../permits";
import { timelineQuery, type Delivery } from "../queries";
import classes from "./summary.module.css";

const A_MINUTE_MS = 60_000; // less is not seen in what is shown

export function Summary({ delivery }: { delivery: Delivery }) {
  const { t } = useTranslation("deliveries");
  const format = useFormat();
  const { request, booking } = delivery;
  const offer = accepted(delivery);
  const grams = request.parcels.reduce((sum, { weight_g }) => sum + weight_g, 0);
  return (
    <Facts>
      <Fact name={t("column.from")}>
        {place(request.pickup)}
        <Who stop={request.pickup} />
      </Fact>
      <Fact name={t("column.to")}>
        {place(request.dropoff)}
        <Who stop={request.dropoff} />
      </Fact>
      <Fact name={t("facts.what")}>
        {t("facts.parcels", { count: request.parcels.length })} · {t("facts.kg", { kg: format.number(grams / 1000) })}
        <span className={classes.more}>{request.parcels.map(({ description }) => description).join(", ")}</span>
      </Fact>
      <Fact name={t("column.created")}>{format.dateTime(delivery.created_at)}</Fact>
      {offer && <Fact name={t("column.carrier")}>{offer.carrier_name}</Fact>}
      {offer && <Fact name={t("column.price")}>{format.money(offer.price)}</Fact>}
      {booking?.tracking_number && (
        <Fact name={t("facts.tracking")}>
          {booking.tracking_url ? (
            <Outside href={booking.tracking_url}>{booking.tracking_number}</Outside>
          ) : (
            booking.tracking_number
          )}
        </Fact>
      )}
      {request.reference && <Fact name={t("column.reference")}>{request.reference}</Fact>}
      {request.dropoff.instructions && <Fact name={t("facts.instructions")}>{request.dropoff.instructions}</Fact>}
      <Fact name={t("facts.documents")}>
        {booking?.label_url ? (
          <Outside href={booking.label_url}>{t("facts.label")}</Outside>
        ) : (
          <Text span size="sm" c="dimmed">
            {t(booking ? "facts.noLabel" : "facts.noLabelYet")}
          </Text>
        )}
      </Fact>
    </Facts>
  );
}

function Who({ stop }: { stop: Delivery["request"]["pickup"] }) {
  const told = [stop.contact.name, stop.contact.phone, stop.contact.email].filter(Boolean).join(" · ");
  return told ? <span className={classes.more}>{told}</span> : null;
}

/** When it is promised and expected, and whether the contract's promise was kept. */
export function Promised({ delivery }: { delivery: Delivery }) {
  const { t } = useTranslation("deliveries");
  const format = useFormat();
  const now = useNow();
  const { data } = useDrawn(timelineQuery(delivery.id));
  const { promised_at, eta_at, ended_at, status } = delivery;
  const judged = data?.lines.findLast(({ kind }) => kind === "promise.kept" || kind === "promise.breached");
  const late = promised_at && eta_at && !ended_at && Date.parse(eta_at) - Date.parse(promised_at) >= A_MINUTE_MS;
  const times = [
    promised_at && { name: t("facts.promised"), at: promised_at },
    eta_at && !ended_at && { name: t("facts.eta"), at: eta_at },
    ended_at && { name: t(`status.${status}`), at: ended_at },
  ].filter((each) => !!each);
  if (times.length === 0) {
    return (
      <Text size="sm" c="dimmed" p="lg">
        {t(isFinal(status) ? "facts.noPromise" : "facts.noPromiseYet")}
      </Text>
    );
  }
  return (
    <div className={classes.times}>
      {times.map(({ name, at }) => (
        <div key={name}>
          <span className={classes.name}>{name}</span>
          <span className={classes.time}>{format.shortDateTime(at)}</span>
          {!ended_at && <span className={classes.more}>{format.fromNow(at, now)}</span>}
        </div>
      ))}
      {(judged || late) && (
        <p className={classes.judged} data-kept={judged?.kind === "promise.kept"}>
          {t(judged ? (judged.kind === "promise.kept" ? "facts.kept" : "facts.breached") : "facts.late")}
        </p>
      )}
    </div>
  );
}

/** What shows that it was handed over. Pictures lie at the carrier's, where our policy lets no page fetch from. */
export function ProofCard({ proof }: { proof: NonNullable<Delivery["proof"]> }) {
  const { t } = useTranslation("deliveries");
  const format = useFormat();
  return (
    <Facts>
      {proof.at && <Fact name={t("proof.at")}>{format.dateTime(proof.at)}</Fact>}
      {proof.signed_by && <Fact name={t("proof.by")}>{proof.signed_by}</Fact>}
      {proof.pin_ok != null && <Fact name={t("proof.pin")}>{t(proof.pin_ok ? "proof.pinOk" : "proof.pinWrong")}</Fact>}
      {proof.photo_url && (
        <Fact name={t("proof.photo")}>
          <Outside href={proof.photo_url}>{t("proof.see")}</Outside>
        </Fact>
      )}
      {proof.signature_url && (
        <Fact name={t("proof.signature")}>
          <Outside href={proof.signature_url}>{t("proof.see")}</Outside>
        </Fact>
      )}
    </Facts>
  );
}

/** Only to what is fetched over the web, whatever a carrier sends. */
function Outside({ href, children }: { href: string; children: string }) {
  const { t } = useTranslation("deliveries");
  if (!/^https?:\/\//i.test(href)) return children;
  return (
    <Anchor size="sm" href={href} target="_blank" rel="noreferrer noopener" aria-label={`${children} ${t("newTab")}`}>
      {children}
    </Anchor>
  );
}
