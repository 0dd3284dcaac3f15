/** A delivery's status. */
import { useTranslation } from "react-i18next";

import { Dot } from "@/ui/dot";

import type { Status } from "../queries";
import { TONES } from "../status";

export function StatusBadge({ status }: { status: Status }) {
  const { t } = useTranslation("deliveries");
  return <Dot tone={TONES[status]}>{t(`status.${status}`)}</Dot>;
}
