import { Alert, Button, NativeSelect, PasswordInput, Skeleton, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconMail } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { meQuery } from "@/features/users/queries";
import { useRules } from "@/features/users/rules";
import { LANGUAGES, speak } from "@/i18n";
import type { Schemas } from "@/lib/api/client";
import { fieldErrors, Form } from "@/ui/form";
import { FormError } from "@/ui/form-error";
import { Section } from "@/ui/section";
import { Failure } from "@/ui/states";

import { AccountPage } from "../components/frame";
import { useAskVerification, useChangeEmail, useChangeProfile } from "../queries";

type Me = Schemas["UserView"];

const QUIET = { fullWidth: false };

export function ProfilePage() {
  const { t } = useTranslation("account");
  const { data: me, error, refetch } = useQuery(meQuery);
  return (
    <AccountPage title={t("profile.title")}>
      {error && !me ? (
        <Failure title={t("profile.failed")} error={error} onRetry={() => void refetch()} />
      ) : (
        <>
          {me && !me.email_verified && <Unverified email={me.email} />}
          <Section title={t("profile.you")} detail={t("profile.youDetail")}>
            {me ? <Name key={me.id} me={me} /> : <Skeleton height={160} />}
          </Section>
          <Section title={t("profile.email")} detail={t("profile.emailDetail")}>
            {me ? <Email me={me} /> : <Skeleton height={160} />}
          </Section>
        </>
      )}
    </AccountPage>
  );
}

function Unverified({ email }: { email: string }) {
  const { t } = useTranslation("account");
  const ask = useAskVerification();
  return (
    <Alert variant="light" color="gray" icon={<IconMail size={18} />} title={t("profile.unverified")}>
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{ask.isSuccess ? t("profile.verifySent", { email }) : t("profile.unverifiedDetail")}</Text>
        {!ask.isSuccess && (
          <Button size="xs" variant="default" loading={ask.isPending} onClick={() => ask.mutate()}>
            {t("profile.verify")}
          </Button>
        )}
        <FormError error={ask.error} />
      </Stack>
    </Alert>
  );
}

function Name({ me }: { me: Me }) {
  const { t } = useTranslation(["account", "app", "users"]);
  const rules = useRules();
  const change = useChangeProfile();
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { name: me.name, locale: me.locale },
    validate: { name: rules.filled },
  });
  return (
    <Form
      form={form}
      onSubmit={({ name, locale }) =>
        change.mutate(
          { name: name.trim(), locale },
          {
            onSuccess: () => locale !== me.locale && void speak(locale, true),
            onError: (error) => form.setErrors(fieldErrors(error)),
          },
        )
      }
      error={change.error}
      pending={change.isPending}
      submit={t("app:save")}
      button={QUIET}
    >
      <Stack>
        <TextInput label={t("users:name")} autoComplete="name" key={form.key("name")} {...form.getInputProps("name")} />
        <NativeSelect
          label={t("profile.language")}
          description={t("profile.languageHint")}
          data={LANGUAGES.map((value) => ({ value, label: t(`app:preferences.${value}`) }))}
          key={form.key("locale")}
          {...form.getInputProps("locale")}
        />
      </Stack>
      <Text size="sm" c="dimmed" mt="sm" role="status">
        {change.isSuccess && t("saved")}
      </Text>
    </Form>
  );
}

function Email({ me }: { me: Me }) {
  const { t } = useTranslation(["account", "users"]);
  const rules = useRules();
  const change = useChangeEmail();
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { email: "", password: "" },
    validate: { email: rules.email, password: rules.filled },
  });
  if (change.isSuccess) return <Text role="status">{t("profile.emailSent", { email: change.data.sent_to })}</Text>;
  return (
    <Form
      form={form}
      onSubmit={({ email, password }) =>
        change.mutate({ email: email.trim(), password }, { onError: (error) => form.setErrors(fieldErrors(error)) })
      }
      error={change.error}
      pending={change.isPending}
      submit={t("profile.emailSubmit")}
      button={{ fullWidth: false, variant: "default" }}
    >
      <Stack>
        <Text size="sm">{t("profile.emailNow", { email: me.email })}</Text>
        <TextInput
          label={t("profile.newEmail")}
          type="email"
          autoComplete="email"
          key={form.key("email")}
          {...form.getInputProps("email")}
        />
        <PasswordInput
          label={t("users:password")}
          autoComplete="current-password"
          key={form.key("password")}
          {...form.getInputProps("password")}
        />
      </Stack>
    </Form>
  );
}
