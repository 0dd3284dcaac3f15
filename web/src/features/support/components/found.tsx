/** Deliveries as support lists them: whose, where to, how it stands, and what it asks for. */
import type { UseInfiniteQueryResult, InfiniteData } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { StatusBadge } from "@/features/deliveries/components/status-badge";
import { place } from "@/features/deliveries/naming";
import type { Schemas } from "@/lib/api/client";
import { useFormat } from "@/lib/format";
import { usePaged } from "@/lib/paged";
import { TextLink } from "@/ui/links";
import { Item, Listed, Tag } from "@/ui/listed";
import { Card } from "@/ui/page";

import classes from "./found.module.css";

interface FoundProps {
  label: string;
  query: UseInfiniteQueryResult<InfiniteData<Schemas["Page_DeliveryView_"]>>;
  empty: ReactNode;
}

export function Found({ label, query, empty }: FoundProps) {
  const { items, more } = usePaged(query);
  const { t } = useTranslation("support");
  const format = useFormat();
  return (
    <Card label={label}>
      <div className={classes.body}>
        <Listed
          label={label}
          items={items}
          idOf={({ id }) => id}
          error={query.error}
          failed={t("search.failed")}
          onRetry={() => void query.refetch()}
          empty={empty}
          more={more}
        >
          {(delivery) => (
            <Item
              title={
                <>
                  <TextLink to="/support/deliveries/$deliveryId" params={{ deliveryId: delivery.id }}>
                    {place(delivery.request.dropoff)}
                  </TextLink>
                  {delivery.attention && delivery.attention !== "none" && (
                    <Tag tone="bad">{t(`attentions.${delivery.attention}`)}</Tag>
                  )}
                </>
              }
              detail={[
                delivery.request.reference,
                delivery.organisation_id,
                delivery.booking && `${delivery.booking.carrier}/${delivery.booking.carrier_account}`,
                delivery.reason,
                format.dateTime(delivery.updated_at),
              ]
                .filter(Boolean)
                .join(" · ")}
              end={<StatusBadge status={delivery.status} />}
            />
          )}
        </Listed>
      </div>
    </Card>
  );
}
