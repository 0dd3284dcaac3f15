import { useTranslation } from "react-i18next";

import { Dot, type Tone } from "@/ui/dot";

import type { AdjustmentStatus } from "../queries";

const TONES: Record<AdjustmentStatus, Tone> = { proposed: "waiting", posted: "good", rejected: "over" };

/** How far a correction is. */
export function AdjustmentState({ status }: { status: AdjustmentStatus }) {
  const { t } = useTranslation("ledger");
  return <Dot tone={TONES[status]}>{t(`adjustments.status.${status}`)}</Dot>;
}
