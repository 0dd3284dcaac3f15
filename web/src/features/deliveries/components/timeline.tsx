/** What happened, newest first; new lines are read out. */
import { Skeleton, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import type { Schemas } from "@/lib/api/client";
import { useFormat } from "@/lib/format";
import { Empty, Failure } from "@/ui/states";

import { timelineQuery } from "../queries";
import { isStatus, TONES } from "../status";
import classes from "./timeline.module.css";

const KINDS = [
  "requested", "cancel_requested", "cancel_refused", "decided", "rebooking", "placed", "refused", "price_drift", "waiting", "attention",
] as const; // prettier-ignore

export function Timeline({ deliveryId }: { deliveryId: string }) {
  const { t } = useTranslation("deliveries");
  const format = useFormat();
  const say = useSay();
  const { data, error, refetch } = useQuery(timelineQuery(deliveryId));
  if (error && !data) return <Failure title={t("timeline.failed")} error={error} onRetry={() => void refetch()} />;
  if (!data) {
    return (
      <Stack p="lg" aria-busy>
        {[60, 45, 70].map((width) => (
          <Skeleton key={width} height={14} width={`${width}%`} />
        ))}
      </Stack>
    );
  }
  if (data.lines.length === 0) return <Empty title={t("timeline.empty")} />;
  return (
    <ol className={classes.line} aria-live="polite" aria-relevant="additions">
      {[...data.lines].reverse().map((line) => {
        const word = line.kind.replace(/^delivery\./, "");
        return (
          <li key={line.seq} className={classes.step} data-tone={isStatus(word) ? TONES[word] : undefined}>
            <Text span size="sm" fw={isStatus(word) ? 600 : 400}>
              {say(line)}
            </Text>
            <Text span size="xs" c="dimmed">
              <time dateTime={line.at}>{format.shortDateTime(line.at)}</time>
            </Text>
          </li>
        );
      })}
    </ol>
  );
}

function useSay(): (line: Schemas["JournalLine"]) => string {
  const { t, i18n } = useTranslation("deliveries");
  return ({ kind }) => {
    const [subject, word = ""] = kind.split(".");
    if (subject === "scan")
      return i18n.exists(`scan.${word}`, { ns: "deliveries" })
        ? t(`scan.${word as Schemas["ScanKind"]}`)
        : t("scan.unknown");
    if (isStatus(word)) return t(`status.${word}`);
    const known = KINDS.find((each) => each === word);
    return t(`kind.${known ?? "other"}`);
  };
}
