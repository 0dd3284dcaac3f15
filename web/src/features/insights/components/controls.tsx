/** What is looked at: span of days, by what, only which; each is in the address. */
import { Button, NativeSelect, TextInput } from "@mantine/core";
import { IconDownload, IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import { queryString, useDownload } from "@/lib/download";
import { FormError } from "@/ui/form-error";

import { GROUPINGS, PERIODS, span, today, type Filter, type Grouping, type Period } from "../filter";
import { carrierName } from "../naming";
import classes from "../pages/insights.module.css";
import { asked } from "../queries";

interface ControlsProps {
  filter: Filter;
  onChange: (filter: Filter) => void;
}

export function Controls({ filter, onChange }: ControlsProps) {
  const { t } = useTranslation("insights");
  const download = useDownload();
  const { from, to } = span(filter, today());
  const only = (["carrier", "service", "area"] as const).filter((name) => filter[name]);
  const choosePeriod = (period: Period) =>
    onChange(
      period === "custom" ? { ...filter, period, from, to } : { ...filter, period, from: undefined, to: undefined },
    );
  return (
    <>
      <div className={classes.controls}>
        <NativeSelect
          label={t("period")}
          data={PERIODS.map((value) => ({ value, label: t(`periods.${value}`) }))}
          value={filter.period ?? "30d"}
          onChange={({ target }) => choosePeriod(target.value as Period)}
        />
        {filter.period === "custom" && (
          <>
            <TextInput
              type="date"
              label={t("from")}
              max={to}
              value={from}
              onChange={({ target }) => target.value && onChange({ ...filter, from: target.value })}
            />
            <TextInput
              type="date"
              label={t("to")}
              min={from}
              value={to}
              onChange={({ target }) => target.value && onChange({ ...filter, to: target.value })}
            />
          </>
        )}
        <NativeSelect
          label={t("by")}
          data={GROUPINGS.map((value) => ({ value, label: t(`groupings.${value}`) }))}
          value={filter.by ?? "day"}
          onChange={({ target }) => onChange({ ...filter, by: target.value as Grouping })}
        />
        {only.map((name) => {
          const value = filter[name] ?? "";
          const told =
            name === "carrier"
              ? carrierName(value)
              : name === "service"
                ? t(`service.${filter.service ?? "express"}`)
                : value;
          return (
            <Button
              key={name}
              variant="default"
              rightSection={<IconX size={16} aria-hidden />}
              aria-label={t("everyAgain", { name: t(`groupings.${name}`), value: told })}
              onClick={() => onChange({ ...filter, [name]: undefined })}
            >
              {t("only", { name: t(`groupings.${name}`), value: told })}
            </Button>
          );
        })}
        <Button
          variant="default"
          leftSection={<IconDownload size={16} aria-hidden />}
          loading={download.isPending}
          onClick={() => download.mutate(`/v1/figures/csv${queryString(asked(filter))}`)}
        >
          {t("csv")}
        </Button>
      </div>
      <FormError error={download.error} />
    </>
  );
}
