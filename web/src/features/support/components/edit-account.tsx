/** A carrier's account: what it is used for and at which margin. Credentials stay as they are unless given anew. */
import { Button, Checkbox, NumberInput, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useRules } from "@/features/users/rules";
import type { Schemas } from "@/lib/api/client";
import { useSession } from "@/lib/session";
import { Copyable } from "@/ui/copyable";
import { Dialog } from "@/ui/dialog";
import { fieldErrors, Form } from "@/ui/form";

import { usePutAccount } from "../carriers";
import { parsed } from "../parsing";

const SERVICES = ["express", "standard"] as const;

export function EditAccount({ account }: { account: Schemas["AccountView"] }) {
  const { t } = useTranslation("support");
  const [opened, setOpened] = useState(false);
  const admin = useSession()?.role === "admin";
  if (!admin) return null;
  const { name } = account;
  return (
    <>
      <Button size="xs" variant="default" aria-label={t("carriers.editOf", { name })} onClick={() => setOpened(true)}>
        {t("edit")}
      </Button>
      <Dialog title={t("carriers.editOf", { name })} opened={opened} onClose={() => setOpened(false)}>
        <AccountForm account={account} onDone={() => setOpened(false)} />
      </Dialog>
    </>
  );
}

function AccountForm({ account, onDone }: { account: Schemas["AccountView"]; onDone: () => void }) {
  const { t } = useTranslation(["support", "app"]);
  const rules = useRules();
  const put = usePutAccount(account.carrier, account.account);
  const json = (value: string) => (value.trim() && parsed(value) === null ? t("carriers.notJson") : null);
  const form = useForm({
    mode: "uncontrolled",
    initialValues: {
      name: account.name,
      enabled: account.enabled,
      services: account.services as string[],
      margin_percent: account.margin_percent,
      countries: account.countries.join(", "),
      settings: JSON.stringify(account.settings, null, 2),
      credentials: "",
    },
    validate: { name: rules.filled, settings: json, credentials: json },
  });
  return (
    <Form
      form={form}
      onSubmit={({ services, countries, settings, credentials, ...rest }) =>
        put.mutate(
          {
            ...rest,
            services: services as Schemas["Service"][],
            countries: countries
              .toUpperCase()
              .split(/[\s,]+/)
              .filter(Boolean),
            settings: parsed(settings) ?? {},
            ...(credentials.trim() ? { credentials: parsed(credentials) as Record<string, string> } : {}),
          },
          { onSuccess: onDone, onError: (error) => form.setErrors(fieldErrors(error)) },
        )
      }
      error={put.error}
      pending={put.isPending}
      submit={t("app:save")}
    >
      <Stack>
        <TextInput label={t("carriers.name")} key={form.key("name")} {...form.getInputProps("name")} />
        <Checkbox
          label={t("carriers.enabled")}
          key={form.key("enabled")}
          {...form.getInputProps("enabled", { type: "checkbox" })}
        />
        <Checkbox.Group label={t("carriers.services")} key={form.key("services")} {...form.getInputProps("services")}>
          <Stack gap="xs" mt="xs">
            {SERVICES.map((value) => (
              <Checkbox key={value} value={value} label={t(`service.${value}`)} />
            ))}
          </Stack>
        </Checkbox.Group>
        <NumberInput
          label={t("carriers.marginLabel")}
          min={0}
          max={1000}
          allowDecimal={false}
          key={form.key("margin_percent")}
          {...form.getInputProps("margin_percent")}
        />
        <TextInput
          label={t("carriers.countries")}
          description={t("carriers.countriesHint")}
          key={form.key("countries")}
          {...form.getInputProps("countries")}
        />
        <Textarea
          label={t("carriers.settings")}
          rows={5}
          ff="monospace"
          key={form.key("settings")}
          {...form.getInputProps("settings")}
        />
        <Textarea
          label={t("carriers.credentials")}
          description={t("carriers.credentialsHint", { names: account.credentials_set.join(", ") || t("app:none") })}
          rows={2}
          autoComplete="off"
          key={form.key("credentials")}
          {...form.getInputProps("credentials")}
        />
        <Copyable label={t("carriers.webhook")} value={account.webhook_url} />
        <Text size="xs" c="dimmed">
          {t("carriers.webhookHint")}
        </Text>
      </Stack>
    </Form>
  );
}
