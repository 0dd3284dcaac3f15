import { Button, Group, Skeleton, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import { downloaded } from "@/features/account/download";
import { useRules } from "@/features/users/rules";
import { ConfirmButton } from "@/ui/dialog";
import { fieldErrors, Form } from "@/ui/form";
import { FormError } from "@/ui/form-error";
import { Section } from "@/ui/section";

import { OrganisationPage, useHere } from "../components/frame";
import { Invitations, InviteForm } from "../components/invitations";
import { Members } from "../components/members";
import { useLeave, useRename } from "../queries";

export function MembersPage() {
  const { t } = useTranslation("organisation");
  const { id, name, owns } = useHere();
  const go = useNavigate();
  const leave = useLeave(id, () => void go({ to: "/deliveries" }));
  return (
    <OrganisationPage title={name ?? t("title")}>
      <Section wide title={t("members.title")} detail={t("members.detail")}>
        <Members />
      </Section>
      {owns && (
        <>
          <Section title={t("invite.title")} detail={t("invite.detail")}>
            <InviteForm />
            <Invitations />
          </Section>
          <Section title={t("name.title")} detail={t("name.detail")}>
            {name === undefined ? <Skeleton height={60} /> : <Rename key={name} name={name} />}
          </Section>
          <Section title={t("data.title")} detail={t("data.detail")}>
            <Exports />
          </Section>
        </>
      )}
      <Section title={t("leave.title")} detail={t("leave.detail")}>
        <div>
          <ConfirmButton
            size="sm"
            label={t("leave.submit")}
            title={t("leave.ask")}
            detail={t("leave.askDetail")}
            confirm={t("leave.submit")}
            mutation={leave}
            variables={undefined}
          />
        </div>
      </Section>
    </OrganisationPage>
  );
}

function Rename({ name }: { name: string }) {
  const { t } = useTranslation(["organisation", "app"]);
  const rules = useRules();
  const { id } = useHere();
  const rename = useRename(id);
  const form = useForm({ mode: "uncontrolled", initialValues: { name }, validate: { name: rules.filled } });
  return (
    <Form
      form={form}
      onSubmit={(given) =>
        rename.mutate({ name: given.name.trim() }, { onError: (error) => form.setErrors(fieldErrors(error)) })
      }
      error={rename.error}
      pending={rename.isPending}
      submit={t("app:save")}
      button={{ fullWidth: false, variant: "default" }}
    >
      <TextInput label={t("name.label")} key={form.key("name")} {...form.getInputProps("name")} />
      <Text size="sm" c="dimmed" role="status">
        {rename.isSuccess && t("name.saved")}
      </Text>
    </Form>
  );
}

/** Two files, since two services hold them. */
function Exports() {
  const { t } = useTranslation("organisation");
  const deliveries = useMutation({
    mutationFn: () => downloaded("/v1/deliveries/all/export", {}, "entrega-deliveries.json"),
  });
  const tracking = useMutation({
    mutationFn: () => downloaded("/v1/tracking/all/export", {}, "entrega-tracking.json"),
  });
  return (
    <>
      <Group gap="xs">
        <Button variant="default" loading={deliveries.isPending} onClick={() => deliveries.mutate()}>
          {t("data.deliveries")}
        </Button>
        <Button variant="default" loading={tracking.isPending} onClick={() => tracking.mutate()}>
          {t("data.tracking")}
        </Button>
      </Group>
      <FormError error={deliveries.error ?? tracking.error} />
    </>
  );
}
