/** What was sent to an endpoint, newest first; which of it is in the address. */
import { NativeSelect, Title } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import { useFormat } from "@/lib/format";
import { usePaged } from "@/lib/paged";
import { Rows, type Column } from "@/ui/rows";
import { Empty, Failure } from "@/ui/states";

import { logQuery, type Message, type Outcome } from "../queries";
import { useEventName } from "../use-event";
import classes from "./log.module.css";
import { OutcomeState, useAnswer } from "./state";

const OUTCOMES = ["waiting", "sent", "failed", "dropped"] as const satisfies Outcome[];

interface LogProps {
  endpointId: string;
  outcome: Outcome | undefined;
  onOutcome: (outcome: Outcome | undefined) => void;
}

export function Log({ endpointId, outcome, onOutcome }: LogProps) {
  const { t } = useTranslation("webhooks");
  const query = useInfiniteQuery(logQuery(endpointId, outcome));
  const { items, more } = usePaged(query);
  const columns = useColumns(endpointId);
  return (
    <section className={classes.log} aria-label={t("log.title")}>
      <div className={classes.head}>
        <Title order={2}>{t("log.title")}</Title>
        <NativeSelect
          aria-label={t("log.filter")}
          data={[
            { value: "", label: t("log.all") },
            ...OUTCOMES.map((value) => ({ value, label: t(`outcome.${value}`) })),
          ]}
          value={outcome ?? ""}
          onChange={({ target }) => onOutcome(OUTCOMES.find((each) => each === target.value))}
        />
      </div>
      {query.isError && !items ? (
        <Failure title={t("log.failed")} error={query.error} onRetry={() => void query.refetch()} />
      ) : items?.length === 0 ? (
        <Empty
          title={t(outcome ? "log.emptyFiltered" : "log.empty")}
          detail={t(outcome ? "log.emptyFilteredDetail" : "log.emptyDetail")}
        />
      ) : (
        <Rows label={t("log.title")} columns={columns} items={items} idOf={({ id }) => id} more={more} />
      )}
    </section>
  );
}

function useColumns(endpointId: string): Column<Message>[] {
  const { t } = useTranslation("webhooks");
  const format = useFormat();
  const name = useEventName();
  const answer = useAnswer();
  return [
    {
      id: "event",
      header: t("column.event"),
      width: "minmax(0, 2fr)",
      cell: ({ id, type }) => (
        <Link to="/webhooks/$endpointId/messages/$messageId" params={{ endpointId, messageId: id }}>
          {name(type)}
        </Link>
      ),
    },
    {
      id: "outcome",
      header: t("column.outcome"),
      width: "minmax(7rem, 1fr)",
      cell: ({ outcome }) => <OutcomeState outcome={outcome} />,
    },
    { id: "answer", header: t("column.answer"), width: "minmax(0, 1.5fr)", wide: true, cell: answer },
    {
      id: "attempts",
      header: t("column.attempts"),
      width: "5rem",
      wide: true,
      end: true,
      cell: ({ attempts }) => format.number(attempts),
    },
    {
      id: "at",
      header: t("column.at"),
      width: "8rem",
      wide: true,
      end: true,
      cell: ({ at }) => format.shortDateTime(at),
    },
  ];
}
