/** What is sent: a size most things fit, or its own measures. */
import { TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useFormat } from "@/lib/format";

import { PRESETS, SIZES, type Draft } from "../draft";
import classes from "./fields.module.css";
import { Options } from "./options";

const SIDES = ["weight", "length", "width", "height"] as const;

export function ParcelFields({ form }: { form: UseFormReturnType<Draft> }) {
  const { t } = useTranslation("sending");
  const format = useFormat();
  const [size, setSize] = useState(form.getValues().size);
  const detail = (each: (typeof SIZES)[number]) => {
    if (each === "own") return t("size.ownDetail");
    const { weight_g, length_mm, width_mm, height_mm } = PRESETS[each];
    const sides = [length_mm, width_mm, height_mm].map((side) => format.number(side / 10)).join("×");
    return t("size.detail", { sides, weight: format.number(weight_g / 1000) });
  };
  return (
    <>
      <Options
        legend={t("size.legend")}
        options={SIZES.map((value) => ({ value, label: t(`size.${value}`), detail: detail(value) }))}
        value={size}
        onChange={(value) => {
          setSize(value);
          form.setFieldValue("size", value);
        }}
      />
      {size === "own" && (
        <div className={classes.sides}>
          {SIDES.map((side) => (
            <TextInput
              key={form.key(side)}
              label={t(`field.${side}`)}
              inputMode="decimal"
              {...form.getInputProps(side)}
            />
          ))}
        </div>
      )}
    </>
  );
}
