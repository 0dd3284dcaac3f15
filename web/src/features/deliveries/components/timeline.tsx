/** What happened, newest first, in the carrier's words where it has some; new lines are read out. */
import { Skeleton, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

import type { Schemas } from "@/lib/api/client";
import { useDrawn } from "@/lib/drawn";
import { useFormat } from "@/lib/format";
import { Empty, Failure } from "@/ui/states";

import { isAttention } from "../filter";
import { useReason } from "../naming";
import { timelineQuery } from "../queries";
import { isStatus, TONES } from "../status";
import classes from "./timeline.module.css";

type Line = Schemas["JournalLine"];
type Scan = Schemas["Scan"];

const KINDS = [
  "requested", "cancel_requested", "cancel_refused", "decided", "rebooking", "placed", "refused", "price_drift", "waiting", "attention",
] as const; // prettier-ignore
const PROMISES = ["made", "kept", "breached", "withdrawn"] as const;
const DECISIONS = ["retry", "return", "redirect"] as const;
const LATE_MS = 60_000; // what the carrier told later than this shows its own time too

export function Timeline({ deliveryId }: { deliveryId: string }) {
  const { t } = useTranslation("deliveries");
  const { data, error, refetch } = useDrawn(timelineQuery(deliveryId));
  if (error && !data) return <Failure title={t("timeline.failed")} error={error} onRetry={() => void refetch()} />;
  if (!data) return <TimelineSkeleton />;
  if (data.lines.length === 0) return <Empty title={t("timeline.empty")} />;
  const scans = new Map(data.scans.map((scan) => [scan.id, scan]));
  return (
    <ol className={classes.line} aria-live="polite" aria-relevant="additions">
      {[...data.lines].reverse().map((line) => (
        <Step key={line.seq} line={line} scan={scans.get(String(line.data?.scan_id))} />
      ))}
    </ol>
  );
}

/** As high as most: what is below is not to be moved about. */
export function TimelineSkeleton() {
  return (
    <Stack p="lg" mih={420} aria-busy>
      {[60, 45, 70].map((width) => (
        <Skeleton key={width} height={14} width={`${width}%`} />
      ))}
    </Stack>
  );
}

function Step({ line, scan }: { line: Line; scan: Scan | undefined }) {
  const { t } = useTranslation("deliveries");
  const format = useFormat();
  const say = useSay();
  const detail = useDetail();
  const word = line.kind.replace(/^delivery\./, "");
  const tone =
    line.kind === "promise.breached" ? "bad" : isStatus(word) && line.kind !== word ? TONES[word] : undefined;
  const told = detail(line, scan);
  const happened = scan && Math.abs(Date.parse(line.at) - Date.parse(scan.occurred_at)) > LATE_MS && scan.occurred_at;
  return (
    <li className={classes.step} data-tone={tone}>
      <Text span size="sm" fw={tone ? 600 : 400}>
        {say(line)}
      </Text>
      {told && (
        <Text span size="sm" c="dimmed" className={classes.told}>
          {told}
        </Text>
      )}
      <Text span size="xs" c="dimmed">
        <time dateTime={line.at}>{format.shortDateTime(line.at)}</time>
        {scan?.place && ` · ${scan.place}`}
        {happened && ` · ${t("timeline.happened", { at: format.shortDateTime(happened) })}`}
      </Text>
    </li>
  );
}

function useSay(): (line: Line) => string {
  const { t, i18n } = useTranslation("deliveries");
  return ({ kind }) => {
    const [subject, word = ""] = kind.split(".");
    if (subject === "scan")
      return i18n.exists(`scan.${word}`, { ns: "deliveries" })
        ? t(`scan.${word as Schemas["ScanKind"]}`)
        : t("scan.unknown");
    const promise = PROMISES.find((each) => each === word);
    if (subject === "promise" && promise) return t(`promise.${promise}`);
    if (isStatus(word)) return t(`status.${word}`);
    const known = KINDS.find((each) => each === word);
    return t(`kind.${known ?? "other"}`);
  };
}

/** What a line says beside its name: the carrier's own words first. */
function useDetail(): (line: Line, scan: Scan | undefined) => string {
  const { t } = useTranslation("deliveries");
  const format = useFormat();
  const reason = useReason();
  return ({ kind, data = {} }, scan) => {
    const why = typeof data.reason === "string" && data.reason ? reason(data.reason) : "";
    if (scan) return [scan.description, why].filter(Boolean).join(" · ");
    if (kind.startsWith("promise.") && typeof data.due_at === "string")
      return [t("timeline.due", { at: format.shortDateTime(data.due_at) }), why].filter(Boolean).join(" · ");
    if (kind === "delivery.attention" && isAttention(data.attention))
      return [t(`attention.${data.attention}.title`), why].filter(Boolean).join(" · ");
    const decision = DECISIONS.find((each) => each === data.decision);
    if (decision) return t(`decide.${decision}.name`);
    return [typeof data.carrier === "string" ? data.carrier : "", why].filter(Boolean).join(" · ");
  };
}
