/** How an endpoint or a message stands. */
import { useTranslation } from "react-i18next";

import { useFormat } from "@/lib/format";
import { Dot, type Tone } from "@/ui/dot";

import type { Endpoint, Outcome } from "../queries";

export function EndpointState({ endpoint }: { endpoint: Endpoint }) {
  const { t } = useTranslation("webhooks");
  const { enabled, failing_since } = endpoint;
  if (!enabled) return <Dot tone="over">{t("state.disabled")}</Dot>;
  return failing_since ? <Dot tone="bad">{t("state.failing")}</Dot> : <Dot tone="good">{t("state.enabled")}</Dot>;
}

/** Why it is not called, or not with success; nothing where all is well. */
export function useWhy(): (endpoint: Endpoint) => string | null {
  const { t } = useTranslation("webhooks");
  const format = useFormat();
  return ({ enabled, disabled_reason, failing_since, held_until, missed_since }) => {
    if (!enabled) {
      const known = (["gone", "customer", "failing"] as const).find((each) => each === disabled_reason);
      return t(`why.${known ?? "other"}`);
    }
    if (!failing_since) return missed_since ? t("why.missed", { at: format.shortDateTime(missed_since) }) : null;
    const since = t("why.since", { at: format.shortDateTime(failing_since) });
    return held_until ? `${since} ${t("why.held", { at: format.time(held_until) })}` : since;
  };
}

const TONES: Record<Outcome, Tone> = { waiting: "waiting", sent: "good", failed: "bad", dropped: "over" };

export function OutcomeState({ outcome }: { outcome: Outcome }) {
  const { t } = useTranslation("webhooks");
  return <Dot tone={TONES[outcome]}>{t(`outcome.${outcome}`)}</Dot>;
}

const ERRORS = ["timeout", "unreachable", "broken", "forbidden_address", "too_large", "disabled"] as const;

/** What an endpoint answered, or why it did not. */
export function useAnswer(): (told: { status?: number | null; error?: string | null }) => string {
  const { t } = useTranslation(["webhooks", "app"]);
  return ({ status, error }) => {
    if (error) {
      const known = ERRORS.find((each) => each === error);
      return known ? t(`error.${known}`) : error.replaceAll("_", " ");
    }
    return status ? t("answered", { status }) : t("app:none");
  };
}
