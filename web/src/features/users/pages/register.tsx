import { PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";

import type { Language } from "@/i18n";
import { fieldErrors, Form } from "@/ui/form";
import { ButtonLink, TextLink } from "@/ui/links";

import { OneThing } from "../components/card";
import { useRegister, useSignIn } from "../queries";
import { useRules } from "../rules";

/** A new account; whoever knows the password of an existing one is simply signed in. */
export function RegisterPage() {
  const { t, i18n } = useTranslation("users");
  const rules = useRules();
  const register = useRegister();
  const signIn = useSignIn();
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { name: "", email: "", password: "" },
    validate: { name: rules.filled, email: rules.email, password: rules.newPassword },
  });
  const submit = ({ name, email, password }: typeof form.values) =>
    register.mutate(
      { name: name.trim(), email: email.trim(), password, locale: i18n.language as Language },
      {
        onSuccess: () => signIn.mutate({ email: email.trim(), password }),
        onError: (error) => form.setErrors(fieldErrors(error)),
      },
    );
  if (register.isSuccess && !signIn.isPending) {
    return (
      <OneThing title={t("register.sent")} detail={t("register.sentDetail", { email: register.data.sent_to })}>
        {/* Where the address has an account already, the answer looks the same, and signing in is what is left. */}
        <ButtonLink to="/deliveries" fullWidth>
          {t("register.continue")}
        </ButtonLink>
      </OneThing>
    );
  }
  return (
    <OneThing title={t("register.title")}>
      <Form
        form={form}
        onSubmit={submit}
        error={register.error}
        pending={register.isPending || signIn.isPending}
        submit={t("register.submit")}
      >
        <Stack>
          <TextInput label={t("name")} autoComplete="name" key={form.key("name")} {...form.getInputProps("name")} />
          <TextInput
            label={t("email")}
            type="email"
            autoComplete="username"
            key={form.key("email")}
            {...form.getInputProps("email")}
          />
          <PasswordInput
            label={t("password")}
            description={t("passwordHint")}
            autoComplete="new-password"
            key={form.key("password")}
            {...form.getInputProps("password")}
          />
        </Stack>
      </Form>
      <Text size="sm" mt="lg">
        {t("register.have")} <TextLink to="/sign-in">{t("register.signIn")}</TextLink>
      </Text>
    </OneThing>
  );
}
