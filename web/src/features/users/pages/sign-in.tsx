import { Anchor, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { Form } from "@/ui/form";
import { TextLink } from "@/ui/links";

import { OneThing } from "../components/card";
import { useSignIn, wantsCode } from "../queries";
import { useRules } from "../rules";

const route = getRouteApi("/open/sign-in");

/** E-mail and password; the code beside them once the server asks for it. */
export function SignInPage() {
  const { t } = useTranslation("users");
  const { to = "/deliveries" } = route.useSearch();
  const router = useRouter();
  const rules = useRules();
  const signIn = useSignIn();
  const [asked, setAsked] = useState(false);
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { email: "", password: "", code: "" },
    validate: { email: rules.email, password: rules.filled, code: (code) => (asked ? rules.filled(code) : null) },
  });
  const submit = ({ email, password, code }: typeof form.values) =>
    signIn.mutate(
      { email: email.trim(), password, ...(asked ? { code: code.trim() } : {}) },
      {
        onSuccess: () => router.history.push(to),
        onError: (error) => setAsked(wantsCode(error)),
      },
    );
  // Being asked for the code is no mistake.
  const error = wantsCode(signIn.error) && !signIn.variables?.code ? null : signIn.error;
  return (
    <OneThing title={t(asked ? "factor.title" : "signIn.title")} detail={asked ? t("factor.detail") : undefined}>
      <Form
        form={form}
        onSubmit={submit}
        error={error}
        pending={signIn.isPending}
        submit={t(asked ? "factor.submit" : "signIn.submit")}
      >
        {asked ? (
          <TextInput
            label={t("factor.code")}
            autoComplete="one-time-code"
            autoFocus
            data-autofocus
            key={form.key("code")}
            {...form.getInputProps("code")}
          />
        ) : (
          <Stack>
            <TextInput
              label={t("email")}
              type="email"
              autoComplete="username"
              key={form.key("email")}
              {...form.getInputProps("email")}
            />
            <PasswordInput
              label={t("password")}
              autoComplete="current-password"
              key={form.key("password")}
              {...form.getInputProps("password")}
            />
          </Stack>
        )}
      </Form>
      {asked ? (
        <Text mt="lg" size="sm">
          <Anchor component="button" type="button" onClick={() => setAsked(false)}>
            {t("factor.back")}
          </Anchor>
        </Text>
      ) : (
        <Stack gap="xs" mt="lg">
          <Text size="sm">
            <TextLink to="/forgot-password">{t("signIn.forgot")}</TextLink>
          </Text>
          <Text size="sm">
            {t("signIn.new")} <TextLink to="/register">{t("signIn.register")}</TextLink>
          </Text>
        </Stack>
      )}
    </OneThing>
  );
}
