import { Button, PasswordInput, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import { useRules } from "@/features/users/rules";
import { useFormat } from "@/lib/format";
import { ConfirmButton } from "@/ui/dialog";
import { fieldErrors, Form } from "@/ui/form";
import { Item, Listed } from "@/ui/listed";
import { Section } from "@/ui/section";
import { Empty } from "@/ui/states";

import { Factor } from "../components/factor";
import { AccountPage } from "../components/frame";
import { factorQuery, sessionsQuery, useChangePassword, useEndSession, useSignOutEverywhere } from "../queries";

export function SecurityPage() {
  const { t } = useTranslation("account");
  return (
    <AccountPage title={t("security.title")}>
      <Section title={t("factor.title")} detail={t("factor.detail")}>
        <Factor />
      </Section>
      <Section title={t("password.title")} detail={t("password.detail")}>
        <Password />
      </Section>
      <Sessions />
    </AccountPage>
  );
}

const LONG = 15;
const LONG_WITH_FACTOR = 8;

function Password() {
  const { t } = useTranslation(["account", "users"]);
  const rules = useRules();
  const change = useChangePassword();
  const { data: factor } = useQuery(factorQuery);
  const least = factor?.on ? LONG_WITH_FACTOR : LONG;
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { current_password: "", new_password: "" },
    validate: {
      current_password: rules.filled,
      new_password: (value) => (value.length >= least ? null : t("password.short", { count: least })),
    },
  });
  return (
    <Form
      form={form}
      onSubmit={(body) =>
        change.mutate(body, {
          onSuccess: () => form.reset(),
          onError: (error) => form.setErrors(fieldErrors(error)),
        })
      }
      error={change.error}
      pending={change.isPending}
      submit={t("password.submit")}
      button={{ fullWidth: false, variant: "default" }}
    >
      <Stack>
        <PasswordInput
          label={t("password.now")}
          autoComplete="current-password"
          key={form.key("current_password")}
          {...form.getInputProps("current_password")}
        />
        <PasswordInput
          label={t("users:newPassword")}
          description={t("password.hint", { count: least })}
          autoComplete="new-password"
          key={form.key("new_password")}
          {...form.getInputProps("new_password")}
        />
        <Text size="sm" role="status">
          {change.isSuccess && t("password.done")}
        </Text>
      </Stack>
    </Form>
  );
}

function Sessions() {
  const { t } = useTranslation("account");
  const format = useFormat();
  const go = useNavigate();
  const { data, error, refetch } = useQuery(sessionsQuery);
  const end = useEndSession();
  const leave = useSignOutEverywhere();
  return (
    <Section
      wide
      title={t("sessions.title")}
      detail={t("sessions.detail")}
      end={
        <Button
          size="xs"
          variant="default"
          loading={leave.isPending}
          onClick={() => leave.mutate(undefined, { onSuccess: () => void go({ to: "/sign-in", search: {} }) })}
        >
          {t("sessions.everywhere")}
        </Button>
      }
    >
      <Listed
        label={t("sessions.title")}
        items={data}
        idOf={({ id }) => id}
        error={error}
        failed={t("sessions.failed")}
        onRetry={() => void refetch()}
        empty={<Empty title={t("sessions.empty")} />}
      >
        {(one) => (
          <Item
            title={t("sessions.since", { at: format.dateTime(one.created_at) })}
            detail={t(one.amr.includes("otp") || one.amr.includes("recovery") ? "sessions.both" : "sessions.one", {
              at: format.dateTime(one.rotated_at),
            })}
            end={
              <ConfirmButton
                label={t("sessions.end")}
                name={t("sessions.endOf", { at: format.dateTime(one.created_at) })}
                title={t("sessions.endTitle")}
                detail={t("sessions.endDetail")}
                confirm={t("sessions.end")}
                mutation={end}
                variables={one.id}
              />
            }
          />
        )}
      </Listed>
    </Section>
  );
}
