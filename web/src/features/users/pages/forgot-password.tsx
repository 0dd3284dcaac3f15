import { Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";

import { Form } from "@/ui/form";
import { TextLink } from "@/ui/links";

import { OneThing } from "../components/card";
import { useForgotPassword } from "../queries";
import { useRules } from "../rules";

export function ForgotPasswordPage() {
  const { t } = useTranslation("users");
  const rules = useRules();
  const forgot = useForgotPassword();
  const form = useForm({ mode: "uncontrolled", initialValues: { email: "" }, validate: { email: rules.email } });
  const back = (
    <Text size="sm" mt="lg">
      <TextLink to="/sign-in">{t("forgot.back")}</TextLink>
    </Text>
  );
  if (forgot.isSuccess) {
    return (
      <OneThing title={t("forgot.sent")} detail={t("forgot.sentDetail", { email: forgot.data.sent_to })}>
        {back}
      </OneThing>
    );
  }
  return (
    <OneThing title={t("forgot.title")} detail={t("forgot.detail")}>
      <Form
        form={form}
        onSubmit={({ email }) => forgot.mutate({ email: email.trim() })}
        error={forgot.error}
        pending={forgot.isPending}
        submit={t("forgot.submit")}
      >
        <TextInput
          label={t("email")}
          type="email"
          autoComplete="username"
          key={form.key("email")}
          {...form.getInputProps("email")}
        />
      </Form>
      {back}
    </OneThing>
  );
}
