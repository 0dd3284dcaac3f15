/** What carriers offered and who declined; one that stands may be accepted. */
import { Button, Text } from "@mantine/core";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";

import { useFormat } from "@/lib/format";
import { useSession } from "@/lib/session";

import { standing, useReason } from "../naming";
import { useNow } from "../now";
import { whyNot } from "../permits";
import type { Delivery } from "../queries";
import classes from "./offers.module.css";

const AcceptDialog = lazy(() => import("./dialogs").then((made) => ({ default: made.AcceptDialog })));

export function Offers({ delivery }: { delivery: Delivery }) {
  const { t } = useTranslation("deliveries");
  const format = useFormat();
  const reason = useReason();
  const session = useSession();
  const now = useNow();
  const [chosen, setChosen] = useState<Delivery["offers"][number] | null>(null);
  const open = whyNot(delivery, "accept", session, now) === null;
  const offers = [...delivery.offers].sort((a, b) => a.price.amount - b.price.amount);
  if (offers.length === 0 && delivery.declined.length === 0) {
    return (
      <Text size="sm" c="dimmed" p="lg">
        {t(delivery.status === "quoting" ? "offers.asking" : "offers.none")}
      </Text>
    );
  }
  return (
    <>
      <ul className={classes.list}>
        {offers.map((offer) => {
          const stands = standing(offer, now);
          return (
            <li key={offer.id} className={classes.offer}>
              <div className={classes.words}>
                <Text size="sm" fw={500}>
                  {offer.carrier_name}
                </Text>
                <Text size="xs" c="dimmed">
                  {[
                    offer.delivery_eta_at && t("offers.by", { at: format.shortDateTime(offer.delivery_eta_at) }),
                    offer.delivery_days != null && t("offers.days", { count: offer.delivery_days }),
                    open && t(stands ? "offers.until" : "offers.expired", { at: format.time(offer.expires_at) }),
                  ]
                    .filter(Boolean)
                    .join(" · ")}
                </Text>
              </div>
              <Text size="sm" fw={600} className={classes.price}>
                {format.money(offer.price)}
              </Text>
              {offer.id === delivery.accepted_offer_id ? (
                <Text size="xs" c="dimmed">
                  {t("offers.chosen")}
                </Text>
              ) : (
                open &&
                stands && (
                  <Button
                    size="xs"
                    variant="default"
                    aria-label={t("offers.chooseOf", { carrier: offer.carrier_name })}
                    onClick={() => setChosen(offer)}
                  >
                    {t("offers.choose")}
                  </Button>
                )
              )}
            </li>
          );
        })}
        {delivery.declined.map((each) => (
          <li key={`${each.carrier}/${each.carrier_account}`} className={classes.offer}>
            <div className={classes.words}>
              <Text size="sm" c="dimmed">
                {each.carrier_account}
              </Text>
            </div>
            <Text size="xs" c="dimmed">
              {t("offers.declined", { reason: reason(each.reason) })}
            </Text>
          </li>
        ))}
      </ul>
      <Suspense>
        {chosen && <AcceptDialog delivery={delivery} offer={chosen} onClose={() => setChosen(null)} />}
      </Suspense>
    </>
  );
}
