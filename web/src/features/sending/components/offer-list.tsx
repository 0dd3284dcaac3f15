/** Offers side by side, cheapest first: carrier, price, when it comes and when it arrives, what stands out. */
import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { useFormat } from "@/lib/format";

import { badges, type Badge } from "../offers";
import type { Offer, Price } from "../queries";
import classes from "./offer-list.module.css";

interface Props {
  offers: Offer[];
  /** The others are shown and cannot be chosen. */
  possible: Offer[];
  chosen: string | undefined;
  onChoose: (id: string) => void;
  now: number;
}

export function OfferList({ offers, possible, chosen, onChoose, now }: Props) {
  const { t } = useTranslation("sending");
  const told = badges(possible, now);
  return (
    <fieldset className={classes.list}>
      <legend className={classes.legend}>{t("offers.title")}</legend>
      {cheapestFirst(offers).map((offer) => {
        const stands = possible.includes(offer);
        return (
          <label key={offer.id} className={classes.offer} data-gone={!stands || undefined}>
            <input
              type="radio"
              name="offer"
              value={offer.id}
              checked={offer.id === chosen}
              disabled={!stands}
              onChange={() => onChoose(offer.id)}
            />
            <Facts price={offer} badges={told.get(offer) ?? []} gone={!stands} />
          </label>
        );
      })}
    </fieldset>
  );
}

/** Prices that nobody can take yet. */
export function PriceList({ prices, now }: { prices: Price[]; now: number }) {
  const { t } = useTranslation("sending");
  const told = badges(prices, now);
  return (
    <ul className={classes.list} aria-label={t("prices.list")}>
      {cheapestFirst(prices).map((price) => (
        <li key={`${price.carrier}/${price.carrier_account}/${price.service}`} className={classes.offer}>
          <Facts price={price} badges={told.get(price) ?? []} />
        </li>
      ))}
    </ul>
  );
}

const cheapestFirst = <T extends Price>(prices: T[]) => [...prices].sort((a, b) => a.price.amount - b.price.amount);

function Facts({ price, badges, gone }: { price: Price; badges: Badge[]; gone?: boolean }) {
  const { t } = useTranslation("sending");
  const format = useFormat();
  const { pickup_eta_at, delivery_eta_at, delivery_days } = price;
  const when = [
    pickup_eta_at && t("offer.pickup", { at: format.time(pickup_eta_at) }),
    delivery_eta_at
      ? t("offer.arrival", {
          at: isToday(delivery_eta_at) ? format.time(delivery_eta_at) : format.shortDateTime(delivery_eta_at),
        })
      : delivery_days != null && t("offer.days", { count: delivery_days }),
  ].filter((said) => typeof said === "string");
  return (
    <span className={classes.facts}>
      <span className={classes.who}>
        <Text span fw={600}>
          {price.carrier_name || price.carrier_account}
        </Text>
        {badges.map((badge) => (
          <span key={badge} className={classes.badge} data-badge={badge}>
            {t(`badge.${badge}`)}
          </span>
        ))}
      </span>
      <Text span fw={600} className={classes.price}>
        {format.money(price.price)}
      </Text>
      <Text span size="sm" c="dimmed" className={classes.when}>
        {gone ? t("offer.gone") : when.length === 0 && t("offer.unsaid")}
        {!gone && when.map((said) => <span key={said}>{said}</span>)}
      </Text>
    </span>
  );
}

const isToday = (at: string) => new Date(at).toDateString() === new Date().toDateString();
