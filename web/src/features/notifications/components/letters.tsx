/** Whether and when letters are written: the switch is kept at once, times once they are whole. */
import { Checkbox, Group, NativeSelect, Stack, Switch, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { fieldErrors, Form } from "@/ui/form";
import { FormError } from "@/ui/form-error";

import type { Wishes } from "../queries";
import { useWish } from "../wishing";

const DIGESTS = ["immediate", "hourly", "daily"] as const;
const NIGHT = { since: "22:00", until: "07:00" };
const QUIET_BUTTON = { fullWidth: false, variant: "default" };

export function Letters({ wishes }: { wishes: Wishes }) {
  const { t } = useTranslation("notifications");
  const wish = useWish();
  return (
    <Stack>
      <Switch
        label={t("wishes.letters.on")}
        description={wishes.letters ? undefined : t("wishes.letters.off")}
        checked={wishes.letters}
        onChange={({ currentTarget: { checked } }) => wish.mutate((before) => ({ ...before, letters: checked }))}
      />
      <FormError error={wish.error} />
      {wishes.letters && <Times wishes={wishes} />}
    </Stack>
  );
}

/** As fields have it: `08:00` of `08:00:00`. */
const clock = (time: string) => time.slice(0, 5);

function Times({ wishes }: { wishes: Wishes }) {
  const { t } = useTranslation(["notifications", "app"]);
  const wish = useWish();
  const [digest, setDigest] = useState(wishes.digest);
  const [quiet, setQuiet] = useState(!!wishes.quiet_hours);
  const { since, until } = wishes.quiet_hours ?? NIGHT;
  const filled = (value: string) => (value ? null : t("wishes.quiet.required"));
  const form = useForm({
    mode: "uncontrolled",
    initialValues: {
      daily_at: clock(wishes.daily_at),
      since: clock(since),
      until: clock(until),
      time_zone: wishes.time_zone,
    },
    validate: {
      daily_at: (value) => (digest === "daily" ? filled(value) : null),
      since: (value) => (quiet ? filled(value) : null),
      until: (value, other) =>
        quiet ? (filled(value) ?? (value === other.since ? t("wishes.quiet.same") : null)) : null,
    },
  });
  const save = ({ daily_at, since, until, time_zone }: typeof form.values) => {
    const quiet_hours = quiet ? { since, until } : null;
    wish.mutate((before) => ({ ...before, digest, quiet_hours, time_zone, daily_at: daily_at || before.daily_at }), {
      onError: (error) => form.setErrors(fieldErrors(error)),
    });
  };
  return (
    <Form
      form={form}
      onSubmit={save}
      error={wish.error}
      pending={wish.isPending}
      submit={t("app:save")}
      button={QUIET_BUTTON}
    >
      <Stack>
        <NativeSelect
          label={t("wishes.digest.legend")}
          data={DIGESTS.map((value) => ({ value, label: t(`wishes.digest.${value}`) }))}
          value={digest}
          onChange={({ currentTarget: { value } }) => setDigest(value as typeof digest)}
        />
        {digest === "daily" && (
          <TextInput
            type="time"
            label={t("wishes.digest.at")}
            key={form.key("daily_at")}
            {...form.getInputProps("daily_at")}
          />
        )}
        <Checkbox
          label={t("wishes.quiet.on")}
          description={t("wishes.quiet.detail")}
          checked={quiet}
          onChange={({ currentTarget: { checked } }) => setQuiet(checked)}
        />
        {quiet && (
          <Group grow align="flex-start">
            {(["since", "until"] as const).map((end) => (
              <TextInput
                key={form.key(end)}
                type="time"
                label={t(`wishes.quiet.${end}`)}
                {...form.getInputProps(end)}
              />
            ))}
          </Group>
        )}
        <NativeSelect
          label={t("wishes.zone.legend")}
          key={form.key("time_zone")}
          {...form.getInputProps("time_zone")}
          data={zones(wishes.time_zone).map(({ group, items }) => ({ group: t(`wishes.zone.${group}`), items }))}
        />
      </Stack>
      <Text size="sm" c="dimmed" mt="sm" role="status">
        {wish.isSuccess && t("wishes.saved")}
      </Text>
    </Form>
  );
}

/** This device's first; each once, and the one in force even where the browser has another name for it. */
function zones(now: string): { group: "here" | "all"; items: { value: string; label: string }[] }[] {
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const others = new Set([now, ...Intl.supportedValuesOf("timeZone")]);
  others.delete(here);
  const option = (value: string) => ({ value, label: value.replaceAll("_", " ") });
  return [
    { group: "here", items: [option(here)] },
    { group: "all", items: [...others].sort().map(option) },
  ];
}
