/** Opening hours, a row for each weekday. */
import { Checkbox, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useTranslation } from "react-i18next";

import type { AreaValues, Day } from "../area-values";
import classes from "./week.module.css";

const A_MONDAY = Date.UTC(2024, 0, 1, 12);
const A_DAY = 86_400_000;

export function Week({ form, days }: { form: UseFormReturnType<AreaValues>; days: Day[] }) {
  const { t, i18n } = useTranslation("support");
  const named = new Intl.DateTimeFormat(i18n.language, { weekday: "long", timeZone: "UTC" });
  return days.map(({ open }, weekday) => {
    const name = named.format(A_MONDAY + weekday * A_DAY);
    const at = `days.${weekday}`;
    return (
      <div key={name} className={classes.day}>
        <Checkbox
          label={name}
          key={form.key(`${at}.open`)}
          {...form.getInputProps(`${at}.open`, { type: "checkbox" })}
        />
        <TextInput
          type="time"
          aria-label={t("areas.opensOn", { day: name })}
          disabled={!open}
          key={form.key(`${at}.opens`)}
          {...form.getInputProps(`${at}.opens`)}
        />
        <TextInput
          type="time"
          aria-label={t("areas.closesOn", { day: name })}
          disabled={!open}
          key={form.key(`${at}.closes`)}
          {...form.getInputProps(`${at}.closes`)}
        />
      </div>
    );
  });
}
