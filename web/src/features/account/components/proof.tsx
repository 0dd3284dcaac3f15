/** The password once more, and a code where a second factor is on: before what could cost the account. */
import { PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { useRules } from "@/features/users/rules";
import { fieldErrors, Form } from "@/ui/form";

import { factorQuery } from "../queries";

interface ProofProps {
  submit: string;
  danger?: boolean;
  pending: boolean;
  error: unknown;
  onProof: (proof: { password: string; code: string | null }, failed: (error: unknown) => void) => void;
}

export function Proof({ submit, danger, pending, error, onProof }: ProofProps) {
  const { t } = useTranslation(["account", "users"]);
  const rules = useRules();
  const { data: factor } = useQuery(factorQuery);
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { password: "", code: "" },
    validate: { password: rules.filled, code: (code) => (factor?.on ? rules.filled(code) : null) },
  });
  return (
    <Form
      form={form}
      onSubmit={({ password, code }) =>
        onProof({ password, code: factor?.on ? code.trim() : null }, (failed) => form.setErrors(fieldErrors(failed)))
      }
      error={error}
      pending={pending}
      submit={submit}
      button={danger ? { color: "red.9" } : undefined}
    >
      <Stack>
        <PasswordInput
          label={t("users:password")}
          autoComplete="current-password"
          data-autofocus
          key={form.key("password")}
          {...form.getInputProps("password")}
        />
        {factor?.on && (
          <TextInput
            label={t("factor.code")}
            description={t("factor.codeHint")}
            autoComplete="one-time-code"
            key={form.key("code")}
            {...form.getInputProps("code")}
          />
        )}
      </Stack>
    </Form>
  );
}
