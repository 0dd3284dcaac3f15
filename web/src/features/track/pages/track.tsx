import { Button, Skeleton, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import { speak } from "@/i18n";
import { Refused } from "@/lib/api/problem";
import { useFormat } from "@/lib/format";
import { Brand } from "@/ui/brand";
import { DocumentTitle } from "@/ui/page";
import { Empty, Failure } from "@/ui/states";

import { Road } from "../components/road";
import { meaning } from "../progress";
import { isOver, trackQuery, type Tracked } from "../queries";
import classes from "./track.module.css";

const route = getRouteApi("/track/$token");

/** The recipient's page: what it means for them first, then how far it has come, then what happened. */
export function TrackPage() {
  const { t, i18n } = useTranslation("track");
  const { token } = route.useParams();
  const format = useFormat();
  const { data, error, refetch, dataUpdatedAt } = useQuery(trackQuery(token));
  const unknown = error instanceof Refused && [404, 422].includes(error.status);
  const archived = error instanceof Refused && error.code === "archived";
  return (
    <div className={classes.frame}>
      <DocumentTitle title={t("title")} />
      <header className={classes.head}>
        <Brand />
        <Button
          variant="subtle"
          size="compact-sm"
          c="var(--mantine-color-text)"
          lang={i18n.language === "en" ? "pt-BR" : "en"}
          onClick={() => void speak(i18n.language === "en" ? "pt-BR" : "en", true)}
        >
          {t("other")}
        </Button>
      </header>
      <main className={classes.main}>
        {data ? (
          <>
            {error && (
              <p role="status" className={classes.stale}>
                {t("failed.stale", { at: format.time(new Date(dataUpdatedAt).toISOString()) })}
              </p>
            )}
            <Told tracked={data} asOf={dataUpdatedAt} />
          </>
        ) : archived ? (
          <Empty title={t("archived.title")} detail={t("archived.detail")} />
        ) : unknown ? (
          <Empty title={t("missing.title")} detail={t("missing.detail")} />
        ) : error ? (
          <Failure title={t("failed.title")} error={error} onRetry={() => void refetch()} />
        ) : (
          <div aria-busy className={classes.card}>
            <Skeleton height={28} width="70%" />
            <Skeleton height={16} width="45%" mt="sm" />
            <Skeleton height={64} mt="xl" />
          </div>
        )}
      </main>
    </div>
  );
}

function Told({ tracked, asOf }: { tracked: Tracked; asOf: number }) {
  const { t, i18n } = useTranslation("track");
  const format = useFormat();
  const { head, note, tone, reached } = meaning(tracked.status);
  const { promised_at } = tracked;
  const late = promised_at && Date.parse(promised_at) < asOf;
  const said = (status: string) =>
    i18n.exists(`status.${status}`, { ns: "track" }) ? t(`status.${status as "booked"}`) : null;
  return (
    <>
      <section className={classes.card}>
        <div aria-live="polite">
          <Title order={1} tabIndex={-1}>
            {t(`head.${head}`)}
          </Title>
          {promised_at && !isOver(tracked) && (
            <Text mt={4}>{t(late ? "late" : "promised", { at: format.shortDateTime(promised_at) })}</Text>
          )}
          {note && (
            <Text c="dimmed" mt={4}>
              {t(`note.${note}`)}
            </Text>
          )}
        </div>
        <Road reached={reached} tone={tone} />
      </section>
      <section className={classes.card} aria-labelledby="history">
        <Title order={2} id="history">
          {t("history")}
        </Title>
        <ol className={classes.steps}>
          {ofInterest(tracked.steps).map(({ status, at }) => (
            <li key={`${status} ${at}`}>
              <span>{said(status) ?? status}</span>
              <Text span size="sm" c="dimmed">
                <time dateTime={at}>{format.shortDateTime(at)}</time>
              </Text>
            </li>
          ))}
        </ol>
      </section>
    </>
  );
}

/** Newest first; how the carrier was found is the sender's business. */
const ofInterest = (steps: Tracked["steps"]) =>
  steps.filter(({ status }) => status !== "quoted" && status !== "booking").reverse();
