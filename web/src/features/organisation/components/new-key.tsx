/** A key, for what it is needed and no more; shown this once. */
import { Button, Checkbox, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";

import { useRules } from "@/features/users/rules";
import type { Schemas } from "@/lib/api/client";
import { Copyable } from "@/ui/copyable";
import { fieldErrors, Form } from "@/ui/form";

import { useCreateKey } from "../keys";
import { useHere } from "./frame";
import { scopeKey } from "./keys-of";

const SCOPES: Schemas["Scope"][] = [
  "deliveries:read",
  "deliveries:write",
  "quotes:read",
  "tracking:read",
  "webhooks:read",
  "webhooks:write",
];

export function NewKey({ account, onDone }: { account: string; onDone: () => void }) {
  const { t } = useTranslation("organisation");
  const rules = useRules();
  const { id } = useHere();
  const create = useCreateKey(id);
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { name: "", scopes: ["deliveries:read", "tracking:read"], expires: "" },
    validate: { name: rules.filled, scopes: (scopes) => (scopes.length ? null : t("keys.scopesNone")) },
  });
  if (create.isSuccess) {
    return (
      <Stack>
        <Text size="sm">{t("keys.shownDetail")}</Text>
        <Copyable label={t("keys.keyId")} value={create.data.id} />
        <Copyable label={t("keys.secret")} value={create.data.key} />
        <Button fullWidth onClick={onDone}>
          {t("keys.keptIt")}
        </Button>
      </Stack>
    );
  }
  return (
    <Form
      form={form}
      onSubmit={({ name, scopes, expires }) =>
        create.mutate(
          {
            account,
            body: {
              name: name.trim(),
              scopes: scopes as Schemas["Scope"][],
              expires_at: expires ? new Date(`${expires}T23:59:59`).toISOString() : null,
            },
          },
          { onError: (error) => form.setErrors(fieldErrors(error)) },
        )
      }
      error={create.error}
      pending={create.isPending}
      submit={t("keys.createKey")}
    >
      <Stack>
        <TextInput label={t("keys.keyName")} data-autofocus key={form.key("name")} {...form.getInputProps("name")} />
        <Checkbox.Group label={t("keys.scopes")} key={form.key("scopes")} {...form.getInputProps("scopes")}>
          <Stack gap="xs" mt="xs">
            {SCOPES.map((value) => (
              <Checkbox key={value} value={value} label={t(scopeKey(value))} />
            ))}
          </Stack>
        </Checkbox.Group>
        <TextInput
          type="date"
          label={t("keys.expires")}
          description={t("keys.expiresHint")}
          key={form.key("expires")}
          {...form.getInputProps("expires")}
        />
      </Stack>
    </Form>
  );
}
