/** Who will not do it, and why. */
import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

import type { Schemas } from "@/lib/api/client";

import { useReason } from "../reasons";
import classes from "./offer-list.module.css";

export function Declined({ declined, open }: { declined: Schemas["Decline"][]; open: boolean }) {
  const { t } = useTranslation("sending");
  const reason = useReason();
  if (declined.length === 0) return null;
  return (
    <details className={classes.declined} open={open}>
      <summary>{t("declined", { count: declined.length })}</summary>
      <ul>
        {declined.map(({ carrier, carrier_account, reason: code }) => (
          <li key={`${carrier}/${carrier_account}`}>
            <Text span size="sm" fw={500} tt="capitalize">
              {carrier_account}
            </Text>
            <Text span size="sm" c="dimmed">
              {reason(code)}
            </Text>
          </li>
        ))}
      </ul>
    </details>
  );
}
