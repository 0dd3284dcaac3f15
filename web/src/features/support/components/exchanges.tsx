/** What carriers were asked about a delivery and what they answered, names and streets left out where it was kept. */
import { Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { useFormat } from "@/lib/format";
import { usePaged } from "@/lib/paged";
import { Item, Listed, Tag } from "@/ui/listed";

import { exchangesQuery } from "../queries";
import { Json } from "./json";

export function Exchanges({ deliveryId }: { deliveryId: string }) {
  const { t } = useTranslation("support");
  const format = useFormat();
  const query = useInfiniteQuery(exchangesQuery(deliveryId));
  const { items, more } = usePaged(query);
  return (
    <Listed
      label={t("exchanges.title")}
      items={items}
      idOf={({ id }) => id}
      error={query.error}
      failed={t("exchanges.failed")}
      onRetry={() => void query.refetch()}
      empty={
        <Text size="sm" c="dimmed">
          {t("exchanges.empty")}
        </Text>
      }
      more={more}
    >
      {(one) => (
        <Item
          title={
            <>
              {`${one.carrier}/${one.account} · ${one.operation}`}
              <Tag tone={one.outcome === "ok" ? "good" : "bad"}>
                {[one.outcome, one.reason].filter(Boolean).join(": ")}
              </Tag>
            </>
          }
          detail={[
            format.dateTime(one.at),
            `${one.method} ${one.path}`,
            one.status ?? t("exchanges.silent"),
            t("exchanges.ms", { ms: format.number(one.ms) }),
          ].join(" · ")}
        >
          <Json
            label={t("exchanges.bodies")}
            value={{ request: one.request, answer: one.answer, headers: one.headers }}
          />
        </Item>
      )}
    </Listed>
  );
}
