/** Every account of the books over a month; customers see theirs, staff also the other side. */
import { Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { useFormat } from "@/lib/format";
import { TextLink } from "@/ui/links";
import { Card } from "@/ui/page";
import { Sheet } from "@/ui/sheet";

import { ACCOUNTS, type Currency } from "../filter";
import { useMay } from "../may";
import classes from "../pages/ledger.module.css";
import type { Balance } from "../queries";

export function Accounts({ balances, currency }: { balances: Balance[]; currency: Currency }) {
  const { t } = useTranslation("ledger");
  const format = useFormat();
  const { staff } = useMay();
  const shown = balances.filter((one) => one.currency === currency && (staff || ACCOUNTS[one.account] === "customer"));
  const sum = (part: "opening" | "closing") => shown.reduce((all, one) => all + one[part], 0);
  const column = (part: "opening" | "debits" | "credits" | "closing", wide = false) => ({
    id: part,
    header: t(`statement.${part}`),
    end: true,
    wide,
    cell: (one: Balance) => format.amount(part === "credits" ? -one.credits : one[part]),
    // Only all accounts together sum to zero.
    foot: staff ? (part === "opening" || part === "closing" ? format.amount(sum(part)) : "") : undefined,
  });
  return (
    <Card label={t("accounts.title")}>
      <div className={classes.head}>
        <Title order={2}>{t("accounts.title")}</Title>
        <Text size="xs" c="dimmed">
          {t("accounts.signs")}
        </Text>
      </div>
      <Sheet
        label={t("accounts.title")}
        items={shown}
        idOf={({ account }) => account}
        columns={[
          {
            id: "account",
            header: t("column.account"),
            cell: ({ account }) => (
              <TextLink to="/ledger/entries" search={{ account, currency }}>
                {t(`account.${account}`)}
              </TextLink>
            ),
            foot: staff ? t("accounts.sum") : undefined,
          },
          column("opening", true),
          column("debits", true),
          column("credits", true),
          column("closing"),
        ]}
      />
    </Card>
  );
}
