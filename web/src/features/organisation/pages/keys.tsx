import { Button, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconKey, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useRules } from "@/features/users/rules";
import type { Schemas } from "@/lib/api/client";
import { ConfirmButton, Dialog } from "@/ui/dialog";
import { fieldErrors, Form } from "@/ui/form";
import { Item, Listed, Tag } from "@/ui/listed";
import { Section } from "@/ui/section";
import { Empty } from "@/ui/states";

import { OrganisationPage, useHere } from "../components/frame";
import { KeysOf } from "../components/keys-of";
import { NewKey } from "../components/new-key";
import { accountsQuery, useCreateAccount, useDisableAccount } from "../keys";

export function KeysPage() {
  const { t } = useTranslation("organisation");
  const { id, owns } = useHere();
  const { data, error, refetch } = useQuery({ ...accountsQuery(id), enabled: owns });
  const [making, setMaking] = useState(false);
  return (
    <OrganisationPage title={t("keys.title")}>
      {!owns ? (
        <Empty icon={<IconKey size={22} />} title={t("owners")} />
      ) : (
        <Section
          wide
          title={t("keys.title")}
          detail={t("keys.detail")}
          end={
            <Button leftSection={<IconPlus size={16} />} onClick={() => setMaking(true)}>
              {t("keys.newAccount")}
            </Button>
          }
        >
          <Listed
            label={t("keys.title")}
            items={data}
            idOf={(account) => account.id}
            error={error}
            failed={t("keys.failed")}
            onRetry={() => void refetch()}
            empty={<Empty icon={<IconKey size={22} />} title={t("keys.empty")} detail={t("keys.emptyDetail")} />}
          >
            {(account) => <Account account={account} />}
          </Listed>
        </Section>
      )}
      <Dialog title={t("keys.newAccount")} opened={making} onClose={() => setMaking(false)}>
        <NewAccount onDone={() => setMaking(false)} />
      </Dialog>
    </OrganisationPage>
  );
}

function Account({ account }: { account: Schemas["ServiceAccount"] }) {
  const { t } = useTranslation("organisation");
  const { id } = useHere();
  const disable = useDisableAccount(id);
  const [making, setMaking] = useState(false);
  const { name, role, disabled_at: off } = account;
  return (
    <>
      <Item
        title={
          <>
            {name}
            {off && <Tag tone="bad">{t("keys.disabled")}</Tag>}
          </>
        }
        detail={t(`roleDetail.${role}`)}
        end={
          !off && (
            <>
              <Button
                size="xs"
                variant="default"
                aria-label={t("keys.newKeyOf", { name })}
                onClick={() => setMaking(true)}
              >
                {t("keys.newKey")}
              </Button>
              <ConfirmButton
                label={t("keys.disable")}
                name={t("keys.disableOf", { name })}
                title={t("keys.disableTitle")}
                detail={t("keys.disableDetail")}
                confirm={t("keys.disable")}
                mutation={disable}
                variables={account.id}
              />
            </>
          )
        }
      >
        <KeysOf account={account.id} />
      </Item>
      <Dialog title={t("keys.newKey")} opened={making} onClose={() => setMaking(false)}>
        <NewKey account={account.id} onDone={() => setMaking(false)} />
      </Dialog>
    </>
  );
}

function NewAccount({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation("organisation");
  const rules = useRules();
  const { id } = useHere();
  const create = useCreateAccount(id);
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { name: "", role: "member" as Schemas["OrgRole"] },
    validate: { name: rules.filled },
  });
  return (
    <Form
      form={form}
      onSubmit={({ name, role }) =>
        create.mutate(
          { name: name.trim(), role },
          { onSuccess: onDone, onError: (error) => form.setErrors(fieldErrors(error)) },
        )
      }
      error={create.error}
      pending={create.isPending}
      submit={t("keys.createAccount")}
    >
      <Stack>
        <Text size="sm" c="dimmed">
          {t("keys.detail")}
        </Text>
        <TextInput
          label={t("keys.accountName")}
          data-autofocus
          key={form.key("name")}
          {...form.getInputProps("name")}
        />
        <NativeSelect
          label={t("keys.accountRole")}
          data={(["member", "viewer", "partner"] as const).map((value) => ({
            value,
            label: `${t(`role.${value}`)}: ${t(`roleDetail.${value}`)}`,
          }))}
          key={form.key("role")}
          {...form.getInputProps("role")}
        />
      </Stack>
    </Form>
  );
}
