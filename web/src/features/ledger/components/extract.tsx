/** What the customer owes over a month, line by line, newest first, with what was owed after each. */
import { Button, Skeleton, Text, Title } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import type { Schemas } from "@/lib/api/client";
import { useFormat } from "@/lib/format";
import { TextLink } from "@/ui/links";
import { Card } from "@/ui/page";
import { Sheet } from "@/ui/sheet";
import { Empty, Failure } from "@/ui/states";

import type { Currency } from "../filter";
import classes from "../pages/ledger.module.css";
import { entriesQuery, type Balance, type Entry } from "../queries";
import { useLedgerWords } from "../use-words";

const OWED = "customer_receivable";
const NOTHING = { opening: 0, debits: 0, credits: 0, closing: 0 };

const owed = (balances: Balance[], currency: Currency) =>
  balances.find((one) => one.account === OWED && one.currency === currency) ?? NOTHING;

export function Summary({ balances, currency }: { balances: Balance[] | undefined; currency: Currency }) {
  const { t } = useTranslation("ledger");
  const format = useFormat();
  const told = balances && owed(balances, currency);
  return (
    <dl className={classes.tiles} aria-busy={!told}>
      {(["opening", "debits", "credits", "closing"] as const).map((part) => (
        <div key={part}>
          <dt>{t(`statement.${part}`)}</dt>
          <dd>
            {told ? (
              format.money({ amount: part === "credits" ? -told.credits : told[part], currency })
            ) : (
              <Skeleton height={20} width="60%" my={4} />
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}

interface ExtractProps {
  statement: Schemas["StatementView"] | undefined;
  currency: Currency;
}

export function Extract({ statement, currency }: ExtractProps) {
  const { t } = useTranslation("ledger");
  const format = useFormat();
  const { what } = useLedgerWords();
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    ...entriesQuery({
      account: OWED,
      currency,
      organisation_id: statement?.organisation_id,
      since: statement?.period.since,
      until: statement?.period.until,
    }),
    enabled: statement !== undefined,
  });
  const lines =
    statement &&
    data &&
    after(
      data.pages.flatMap(({ items }) => items),
      owed(statement.balances, currency),
    );
  return (
    <Card label={t("statement.title")}>
      <div className={classes.head}>
        <Title order={2}>{t("statement.title")}</Title>
        <Text size="xs" c="dimmed">
          {`${format.currency(currency)} (${currency})`}
        </Text>
      </div>
      {error && !data ? (
        <Failure title={t("entries.failed")} error={error} onRetry={() => void refetch()} />
      ) : lines?.length === 0 ? (
        <Empty title={t("statement.empty")} detail={t("statement.emptyDetail")} />
      ) : (
        <Sheet
          label={t("statement.title")}
          items={lines}
          idOf={({ entry }) => entry.id}
          columns={[
            { id: "what", header: t("column.what"), cell: ({ entry }) => what(entry) },
            {
              id: "delivery",
              header: t("column.delivery"),
              cell: ({ entry }) => (
                <TextLink
                  to="/deliveries/$deliveryId"
                  params={{ deliveryId: entry.delivery_id }}
                  title={entry.delivery_id}
                >
                  {short(entry.delivery_id)}
                </TextLink>
              ),
              wide: true,
            },
            {
              id: "at",
              header: t("column.at"),
              cell: ({ entry }) => format.shortDateTime(entry.posted_at),
              wide: true,
            },
            {
              id: "amount",
              header: t("column.amount"),
              end: true,
              cell: ({ entry }) => format.amount(entry.money.amount),
            },
            { id: "balance", header: t("column.balance"), end: true, cell: ({ balance }) => format.amount(balance) },
          ]}
        />
      )}
      {hasNextPage && (
        <div className={classes.more}>
          <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {t("more")}
          </Button>
        </div>
      )}
    </Card>
  );
}

/** Each entry with what was owed after it, told back from the end. */
export function after(entries: Entry[], { closing }: { closing: number }): { entry: Entry; balance: number }[] {
  let balance = closing;
  return entries.map((entry) => {
    const told = { entry, balance };
    balance -= entry.money.amount;
    return told;
  });
}

/** As much of an id as tells it apart for a reader. */
const short = (id: string) => `${id.slice(0, 12)}…`;
