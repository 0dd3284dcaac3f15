/** An area: where, when, how much; drawn as it is typed. */
import { Checkbox, NumberInput, Skeleton, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";

import { useRules } from "@/features/users/rules";
import { configQuery } from "@/lib/config";
import { fieldErrors, Form } from "@/ui/form";
import { Card } from "@/ui/page";

import { usePutArea, type Area } from "../areas";
import { bodyOf, hasCircle, valuesOf, type AreaValues } from "../area-values";
import { ranges } from "../parsing";
import classes from "./area-form.module.css";
import { AreasDrawing } from "./areas-drawing";
import { Week } from "./week";

const AreaMap = lazy(() => import("./area-map").then((made) => ({ default: made.AreaMap })));

export function AreaForm({ id, area, onDone }: { id: string; area: Area | undefined; onDone: () => void }) {
  const { t } = useTranslation(["support", "app"]);
  const rules = useRules();
  const put = usePutArea(id);
  const [drawn, setDrawn] = useState(() => valuesOf(area));
  const number = (value: number | string) => (value === "" ? t("areas.number") : null);
  const form = useForm({
    mode: "uncontrolled",
    initialValues: drawn,
    onValuesChange: setDrawn,
    validate: {
      name: rules.filled,
      timezone: rules.filled,
      ranges: (value) => (ranges(value) === null ? t("areas.rangesWrong") : null),
      latitude: (value, all) => (hasCircle(all) ? number(value) : null),
      longitude: (value, all) => (hasCircle(all) ? number(value) : null),
      km: (value, all) => (hasCircle(all) ? number(value) : null),
      days: {
        closes: (value, all, path) => wrongDay(all.days[Number(path.split(".")[1])], value, t("areas.daysWrong")),
      },
      minutes: number,
      capacity: number,
    },
  });
  const circle = hasCircle(drawn) && ![drawn.latitude, drawn.longitude, drawn.km].includes("");
  const picture = {
    name: drawn.name,
    enabled: drawn.enabled,
    postal_ranges: ranges(drawn.ranges) ?? [],
    radius: null, // drawn on the map
  };
  const { data: config } = useQuery(configQuery);
  return (
    <Card>
      <div className={classes.both}>
        <Form
          form={form}
          onSubmit={(values) =>
            put.mutate(bodyOf(values, area), {
              onSuccess: onDone,
              onError: (error) => form.setErrors(fieldErrors(error)),
            })
          }
          error={put.error}
          pending={put.isPending}
          submit={t("app:save")}
        >
          <Stack>
            <TextInput label={t("areas.name")} key={form.key("name")} {...form.getInputProps("name")} />
            <Checkbox
              label={t("areas.enabled")}
              key={form.key("enabled")}
              {...form.getInputProps("enabled", { type: "checkbox" })}
            />
            <Textarea
              label={t("areas.ranges")}
              description={t("areas.rangesHint")}
              rows={3}
              key={form.key("ranges")}
              {...form.getInputProps("ranges")}
            />
            <fieldset className={classes.group}>
              <legend>{t("areas.circle")}</legend>
              <div className={classes.three}>
                <NumberInput
                  label={t("areas.latitude")}
                  min={-90}
                  max={90}
                  decimalScale={6}
                  hideControls
                  key={form.key("latitude")}
                  {...form.getInputProps("latitude")}
                />
                <NumberInput
                  label={t("areas.longitude")}
                  min={-180}
                  max={180}
                  decimalScale={6}
                  hideControls
                  key={form.key("longitude")}
                  {...form.getInputProps("longitude")}
                />
                <NumberInput
                  label={t("areas.radius")}
                  min={0.1}
                  max={500}
                  decimalScale={3}
                  hideControls
                  key={form.key("km")}
                  {...form.getInputProps("km")}
                />
              </div>
            </fieldset>
            <fieldset className={classes.group}>
              <legend>{t("areas.hours")}</legend>
              <Week form={form} days={drawn.days} />
            </fieldset>
            <TextInput label={t("areas.timezone")} key={form.key("timezone")} {...form.getInputProps("timezone")} />
            <TextInput
              type="time"
              label={t("areas.cutOff")}
              description={t("areas.cutOffHint")}
              key={form.key("cutOff")}
              {...form.getInputProps("cutOff")}
            />
            <div className={classes.three}>
              <NumberInput
                label={t("areas.minutes")}
                min={5}
                max={1440}
                allowDecimal={false}
                key={form.key("minutes")}
                {...form.getInputProps("minutes")}
              />
              <NumberInput
                label={t("areas.capacity")}
                min={0}
                max={1_000_000}
                allowDecimal={false}
                key={form.key("capacity")}
                {...form.getInputProps("capacity")}
              />
            </div>
          </Stack>
        </Form>
        <div className={classes.picture}>
          <Suspense fallback={<Skeleton className={classes.waiting} />}>
            {config && (
              <AreaMap
                tiles={config.tiles}
                circle={circle ? at(drawn) : null}
                names={{ map: t("areas.map"), middle: t("areas.middle"), edge: t("areas.edge") }}
                onChange={(to) => form.setValues({ ...to })}
              />
            )}
          </Suspense>
          <Text size="xs" c="dimmed" my="xs">
            {t("areas.mapHint")}
          </Text>
          {picture.postal_ranges.length > 0 && <AreasDrawing areas={[picture]} />}
        </div>
      </div>
    </Card>
  );
}

const at = ({ latitude, longitude, km }: AreaValues) => ({
  latitude: Number(latitude),
  longitude: Number(longitude),
  km: Number(km),
});

function wrongDay(day: { open: boolean; opens: string } | undefined, closes: string, said: string): string | null {
  return day?.open && closes <= day.opens ? said : null;
}
