import { PasswordInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { fieldErrors, Form } from "@/ui/form";
import { ButtonLink } from "@/ui/links";

import { linkToken, OneThing } from "../components/card";
import { useResetPassword } from "../queries";
import { useRules } from "../rules";

export function ResetPasswordPage() {
  const { t } = useTranslation("users");
  const rules = useRules();
  const [token] = useState(linkToken);
  const reset = useResetPassword();
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { password: "" },
    validate: { password: rules.newPassword },
  });
  if (reset.isSuccess || token === null) {
    return (
      <OneThing
        title={t(token === null ? "reset.title" : "reset.done")}
        detail={t(token === null ? "verify.noLink" : "reset.doneDetail")}
      >
        <ButtonLink to="/sign-in" fullWidth>
          {t("reset.signIn")}
        </ButtonLink>
      </OneThing>
    );
  }
  return (
    <OneThing title={t("reset.title")}>
      <Form
        form={form}
        onSubmit={({ password }) =>
          reset.mutate({ token, password }, { onError: (error) => form.setErrors(fieldErrors(error)) })
        }
        error={reset.error}
        pending={reset.isPending}
        submit={t("reset.submit")}
      >
        <PasswordInput
          label={t("newPassword")}
          description={t("passwordHint")}
          autoComplete="new-password"
          key={form.key("password")}
          {...form.getInputProps("password")}
        />
      </Form>
    </OneThing>
  );
}
