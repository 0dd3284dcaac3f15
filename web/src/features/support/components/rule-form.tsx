/** A rule: what is said about some accounts, for some deliveries. */
import { Checkbox, NativeSelect, NumberInput, Stack, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";

import { useRules } from "@/features/users/rules";
import type { Schemas } from "@/lib/api/client";
import { fieldErrors, Form } from "@/ui/form";

import { usePutRule } from "../carriers";
import { ranges, shown } from "../parsing";

const EFFECTS = ["prefer", "allow", "deny"] as const;
const ACCOUNT = /^[a-z0-9][a-z0-9_.-]{0,63}\/(\*|[a-z0-9][a-z0-9_.-]{0,63})$/;

const split = (text: string) => text.split(/[\s,]+/).filter(Boolean);
const grams = (value: number | string) => (value === "" ? null : Number(value));

export function RuleForm({ rule, onDone }: { rule: Schemas["AccountRule"] | null; onDone: () => void }) {
  const { t } = useTranslation(["support", "app"]);
  const rules = useRules();
  const put = usePutRule(rule?.id ?? null);
  const postal = (value: string) => (ranges(value) === null ? t("areas.rangesWrong") : null);
  const when: Partial<Schemas["When"]> = rule?.when ?? {};
  const form = useForm({
    mode: "uncontrolled",
    initialValues: {
      name: rule?.name ?? "",
      effect: rule?.effect ?? ("prefer" as Schemas["Effect"]),
      accounts: rule?.accounts.join(", ") ?? "",
      enabled: rule?.enabled ?? true,
      within: rule?.within_percent ?? 10,
      organisation: when.organisation_id ?? "",
      service: when.service ?? "",
      country: when.country ?? "",
      least: (when.min_weight_g ?? "") as number | string,
      most: (when.max_weight_g ?? "") as number | string,
      pickup: shown(when.pickup_postal_ranges),
      dropoff: shown(when.dropoff_postal_ranges),
    },
    validate: {
      name: rules.filled,
      accounts: (value) =>
        split(value).length > 0 && split(value).every((each) => ACCOUNT.test(each)) ? null : t("rules.accountsWrong"),
      organisation: (value) => (/^(org_[0-9a-z]{1,64})?$/.test(value.trim()) ? null : t("search.organisationWrong")),
      pickup: postal,
      dropoff: postal,
    },
  });
  const submit = (given: typeof form.values) =>
    put.mutate(
      {
        name: given.name.trim(),
        effect: given.effect,
        accounts: split(given.accounts),
        enabled: given.enabled,
        within_percent: Number(given.within),
        when: {
          organisation_id: given.organisation.trim() || null,
          service: (given.service || null) as Schemas["Service"] | null,
          country: given.country.trim().toUpperCase() || null,
          min_weight_g: grams(given.least),
          max_weight_g: grams(given.most),
          pickup_postal_ranges: ranges(given.pickup) ?? [],
          dropoff_postal_ranges: ranges(given.dropoff) ?? [],
        },
      },
      { onSuccess: onDone, onError: (error) => form.setErrors(fieldErrors(error)) },
    );
  return (
    <Form form={form} onSubmit={submit} error={put.error} pending={put.isPending} submit={t("app:save")}>
      <Stack>
        <TextInput label={t("rules.name")} data-autofocus key={form.key("name")} {...form.getInputProps("name")} />
        <NativeSelect
          label={t("rules.effect")}
          data={EFFECTS.map((value) => ({ value, label: t(`effectDetail.${value}`) }))}
          key={form.key("effect")}
          {...form.getInputProps("effect")}
        />
        <TextInput
          label={t("rules.accounts")}
          description={t("rules.accountsHint")}
          key={form.key("accounts")}
          {...form.getInputProps("accounts")}
        />
        <NumberInput
          label={t("rules.within")}
          description={t("rules.withinHint")}
          min={0}
          max={1000}
          allowDecimal={false}
          key={form.key("within")}
          {...form.getInputProps("within")}
        />
        <TextInput
          label={t("rules.organisation")}
          description={t("rules.whenHint")}
          key={form.key("organisation")}
          {...form.getInputProps("organisation")}
        />
        <NativeSelect
          label={t("rules.service")}
          data={[
            { value: "", label: t("rules.anyService") },
            ...(["express", "standard"] as const).map((value) => ({ value, label: t(`service.${value}`) })),
          ]}
          key={form.key("service")}
          {...form.getInputProps("service")}
        />
        <TextInput
          label={t("rules.country")}
          maxLength={2}
          key={form.key("country")}
          {...form.getInputProps("country")}
        />
        <NumberInput label={t("rules.least")} min={1} key={form.key("least")} {...form.getInputProps("least")} />
        <NumberInput label={t("rules.most")} min={1} key={form.key("most")} {...form.getInputProps("most")} />
        <Textarea
          label={t("rules.pickupRanges")}
          description={t("areas.rangesHint")}
          rows={2}
          key={form.key("pickup")}
          {...form.getInputProps("pickup")}
        />
        <Textarea
          label={t("rules.dropoffRanges")}
          rows={2}
          key={form.key("dropoff")}
          {...form.getInputProps("dropoff")}
        />
        <Checkbox
          label={t("rules.enabled")}
          key={form.key("enabled")}
          {...form.getInputProps("enabled", { type: "checkbox" })}
        />
      </Stack>
    </Form>
  );
}
