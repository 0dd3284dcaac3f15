/** The delivery's lançamentos: a customer's own side; staff see every account. */
import { Skeleton, Table, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

import type { Schemas } from "@/lib/api/client";
import { useDrawn } from "@/lib/drawn";
import { useFormat, type Money } from "@/lib/format";
import { useSession } from "@/lib/session";
import { Failure } from "@/ui/states";

import { isStaff } from "../permits";
import { entriesQuery } from "../queries";
import classes from "./money.module.css";

const THEIRS: Schemas["Account"][] = ["customer_receivable"];

export function MoneyLines({ deliveryId }: { deliveryId: string }) {
  const { t } = useTranslation("deliveries");
  const format = useFormat();
  const staff = isStaff(useSession());
  const { data, error, refetch } = useDrawn(entriesQuery(deliveryId));
  if (error && !data) return <Failure title={t("money.failed")} error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton m="lg" height={48} width="auto" />;
  const shown = staff ? data.items : data.items.filter(({ account }) => THEIRS.includes(account));
  if (shown.length === 0) {
    return (
      <Text size="sm" c="dimmed" p="lg">
        {t("money.none")}
      </Text>
    );
  }
  return (
    <div className={classes.frame}>
      <Table verticalSpacing="xs" horizontalSpacing="lg">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("money.what")}</Table.Th>
            {staff && <Table.Th>{t("money.account")}</Table.Th>}
            <Table.Th className={classes.wide}>{t("money.at")}</Table.Th>
            <Table.Th ta="end">{t("money.amount")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {shown.map((entry) => (
            <Table.Tr key={entry.id}>
              <Table.Td>{t(`money.kind.${entry.kind}`)}</Table.Td>
              {staff && <Table.Td>{t(`money.accounts.${entry.account}`)}</Table.Td>}
              <Table.Td className={classes.wide}>{format.shortDateTime(entry.posted_at)}</Table.Td>
              <Table.Td ta="end" className={classes.number}>
                {format.money(entry.money)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
        <Table.Tfoot>
          {owed(data.items).map((money) => (
            <Table.Tr key={money.currency}>
              <Table.Th colSpan={staff ? 2 : 1}>{t("money.owed")}</Table.Th>
              <Table.Td className={classes.wide} />
              <Table.Th ta="end" className={classes.number}>
                {format.money(money)}
              </Table.Th>
            </Table.Tr>
          ))}
        </Table.Tfoot>
      </Table>
    </div>
  );
}

/** What the customer owes for it, in each currency. */
function owed(entries: readonly Schemas["Entry"][]): Money[] {
  const sums = new Map<Money["currency"], number>();
  for (const { account, money } of entries) {
    if (THEIRS.includes(account)) sums.set(money.currency, (sums.get(money.currency) ?? 0) + money.amount);
  }
  return [...sums].map(([currency, amount]) => ({ currency, amount }));
}
