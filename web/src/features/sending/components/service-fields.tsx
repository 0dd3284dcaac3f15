/** How fast, from when, and who chooses the carrier. */
import { Checkbox, NativeSelect, Stack, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Draft } from "../draft";
import classes from "./fields.module.css";
import { Options } from "./options";

const SERVICES = ["express", "standard"] as const;
const RULES = ["cheapest", "fastest", "best_value", "cheapest_by"] as const;

interface Props {
  form: UseFormReturnType<Draft>;
  /** Where the choice of a carrier matters: the button says another thing. */
  onChoose: (choose: Draft["choose"]) => void;
}

export function ServiceOptions({ form }: Pick<Props, "form">) {
  const { t } = useTranslation("sending");
  const [service, setService] = useState(form.getValues().service);
  return (
    <Options
      legend={t("service.legend")}
      options={SERVICES.map((value) => ({
        value,
        label: t(`service.${value}`),
        detail: t(`service.${value}Detail`),
      }))}
      value={service}
      onChange={(value) => {
        setService(value);
        form.setFieldValue("service", value);
      }}
    />
  );
}

export function ServiceFields({ form, onChoose }: Props) {
  const { t } = useTranslation("sending");
  const [{ when, choose }, setTold] = useState(form.getValues());
  const tell = (more: Partial<Pick<Draft, "when" | "choose">>) => {
    setTold((before) => ({ ...before, ...more }));
    for (const [name, value] of Object.entries(more)) form.setFieldValue(name, value as never);
  };
  return (
    <Stack gap="sm">
      <ServiceOptions form={form} />
      <div className={classes.pair}>
        <NativeSelect
          label={t("when.legend")}
          data={(["now", "later"] as const).map((value) => ({ value, label: t(`when.${value}`) }))}
          value={when}
          onChange={({ currentTarget }) => tell({ when: currentTarget.value as Draft["when"] })}
        />
        {when === "later" && (
          <TextInput
            type="datetime-local"
            label={t("when.readyAt")}
            key={form.key("readyAt")}
            {...form.getInputProps("readyAt")}
          />
        )}
      </div>
      <div className={classes.pair}>
        <NativeSelect
          label={t("choose.legend")}
          data={[
            { value: "", label: t("choose.me") },
            ...RULES.map((value) => ({ value, label: t(`choose.${value}`) })),
          ]}
          value={choose}
          onChange={({ currentTarget }) => {
            const rule = currentTarget.value as Draft["choose"];
            tell({ choose: rule });
            onChoose(rule);
          }}
        />
        {choose === "cheapest_by" && (
          <TextInput type="datetime-local" label={t("choose.by")} key={form.key("by")} {...form.getInputProps("by")} />
        )}
      </div>
      {choose && (
        <Checkbox
          label={t("fallback")}
          key={form.key("fallback")}
          {...form.getInputProps("fallback", { type: "checkbox" })}
        />
      )}
      <details className={classes.more}>
        <summary>{t("more")}</summary>
        <Stack gap="sm" pt="xs">
          <div className={classes.pair}>
            <TextInput
              label={t("field.description")}
              placeholder={t("hint.description")}
              key={form.key("description")}
              {...form.getInputProps("description")}
            />
            <TextInput
              label={t("field.value")}
              inputMode="decimal"
              placeholder={t("hint.value")}
              key={form.key("value")}
              {...form.getInputProps("value")}
            />
            <TextInput
              label={t("field.reference")}
              maxLength={64}
              key={form.key("reference")}
              {...form.getInputProps("reference")}
            />
          </div>
          <Checkbox
            label={t("field.fragile")}
            key={form.key("fragile")}
            {...form.getInputProps("fragile", { type: "checkbox" })}
          />
        </Stack>
      </details>
    </Stack>
  );
}
