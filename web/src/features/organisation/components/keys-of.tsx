/** A service account's keys: what each is for, when it was used last, revoking it. */
import { Skeleton, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import type { Schemas } from "@/lib/api/client";
import { useFormat } from "@/lib/format";
import { ConfirmButton } from "@/ui/dialog";
import { Item, Tag } from "@/ui/listed";

import { keysQuery, useRevokeKey } from "../keys";
import { useHere } from "./frame";

export const scopeKey = (scope: Schemas["Scope"]) => `scope.${scope.replace(":", "_")}` as "scope.deliveries_read";

export function KeysOf({ account }: { account: string }) {
  const { t } = useTranslation("organisation");
  const { id } = useHere();
  const { data } = useQuery(keysQuery(id));
  if (!data) return <Skeleton height={12} mt="xs" width="40%" />;
  const keys = data.filter((key) => key.service_account_id === account);
  if (keys.length === 0) {
    return (
      <Text size="xs" c="dimmed">
        {t("keys.none")}
      </Text>
    );
  }
  return keys.map((key) => <Key key={key.id} of={key} />);
}

function Key({ of: key }: { of: Schemas["ApiKey"] }) {
  const { t } = useTranslation("organisation");
  const format = useFormat();
  const { id } = useHere();
  const revoke = useRevokeKey(id);
  const over = key.expires_at != null && new Date(key.expires_at) < new Date();
  const facts = [
    `${key.hint}…`,
    key.scopes.map((scope) => t(scopeKey(scope))).join(", "),
    key.last_used_on ? t("keys.used", { at: format.day(key.last_used_on) }) : t("keys.never"),
    ...(key.expires_at && !over ? [t("keys.until", { at: format.day(key.expires_at) })] : []),
  ];
  return (
    <Item
      title={
        <>
          {key.name}
          {key.revoked_at ? (
            <Tag tone="bad">{t("keys.revoked")}</Tag>
          ) : (
            over && <Tag tone="waiting">{t("keys.expired")}</Tag>
          )}
        </>
      }
      detail={facts.join(" · ")}
      end={
        !key.revoked_at && (
          <ConfirmButton
            label={t("keys.revoke")}
            name={t("keys.revokeOf", { name: key.name })}
            title={t("keys.revokeTitle")}
            detail={t("keys.revokeDetail")}
            confirm={t("keys.revoke")}
            mutation={revoke}
            variables={key.id}
          />
        )
      }
    />
  );
}
