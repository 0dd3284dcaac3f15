/** Asking somebody to join, and who was asked and has not come yet. */
import { NativeSelect, Stack, Text, TextInput, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { useRules } from "@/features/users/rules";
import type { Schemas } from "@/lib/api/client";
import { useFormat } from "@/lib/format";
import { ConfirmButton } from "@/ui/dialog";
import { fieldErrors, Form } from "@/ui/form";
import { Item, Listed } from "@/ui/listed";

import { invitationsQuery, useInvite, useWithdraw } from "../queries";
import { useHere } from "./frame";
import { ROLES } from "./members";

export function InviteForm() {
  const { t } = useTranslation("organisation");
  const rules = useRules();
  const { id } = useHere();
  const invite = useInvite(id);
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { email: "", role: "member" as Schemas["OrgRole"] },
    validate: { email: rules.email },
  });
  return (
    <Form
      form={form}
      onSubmit={({ email, role }) =>
        invite.mutate(
          { email: email.trim(), role },
          { onSuccess: () => form.reset(), onError: (error) => form.setErrors(fieldErrors(error)) },
        )
      }
      error={invite.error}
      pending={invite.isPending}
      submit={t("invite.submit")}
      button={{ fullWidth: false }}
    >
      <Stack>
        <TextInput label={t("invite.email")} type="email" key={form.key("email")} {...form.getInputProps("email")} />
        <NativeSelect
          label={t("invite.role")}
          data={ROLES.map((value) => ({ value, label: `${t(`role.${value}`)}: ${t(`roleDetail.${value}`)}` }))}
          key={form.key("role")}
          {...form.getInputProps("role")}
        />
        <Text size="sm" role="status">
          {invite.isSuccess && t("invite.sent", { email: invite.data.email })}
        </Text>
      </Stack>
    </Form>
  );
}

export function Invitations() {
  const { t } = useTranslation("organisation");
  const format = useFormat();
  const { id } = useHere();
  const { data, error, refetch } = useQuery(invitationsQuery(id));
  const withdraw = useWithdraw(id);
  if (data?.length === 0) return null;
  return (
    <div>
      <Title order={3}>{t("pending.title")}</Title>
      <Listed
        label={t("pending.title")}
        items={data}
        idOf={(one) => one.id}
        error={error}
        failed={t("pending.failed")}
        onRetry={() => void refetch()}
        empty={null}
      >
        {(one) => (
          <Item
            title={one.email}
            detail={t("pending.until", { role: t(`role.${one.role}`), at: format.dateTime(one.expires_at) })}
            end={
              <ConfirmButton
                label={t("pending.withdraw")}
                name={t("pending.withdrawOf", { email: one.email })}
                title={t("pending.withdrawTitle")}
                detail={t("pending.withdrawDetail", { email: one.email })}
                confirm={t("pending.withdraw")}
                mutation={withdraw}
                variables={one.id}
              />
            }
          />
        )}
      </Listed>
    </div>
  );
}
