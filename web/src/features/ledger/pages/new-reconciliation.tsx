import { Alert, FileInput, List, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import { Refused } from "@/lib/api/problem";
import { Form } from "@/ui/form";
import { TextLink } from "@/ui/links";
import { Card, Page } from "@/ui/page";
import { Failure } from "@/ui/states";

import { monthFrom, monthSpan, thisMonth } from "../filter";
import { accountsQuery, useReconcile } from "../queries";
import classes from "./ledger.module.css";
import { dayBefore, dayFrom } from "./reconciliations";

const LARGEST = 2 * 1024 * 1024;

/** A carrier's invoice as a file; what cannot be read of it is told line by line. */
export function NewReconciliationPage() {
  const { t } = useTranslation("ledger");
  const go = useNavigate();
  const { data: accounts, error, refetch } = useQuery(accountsQuery);
  const reconcile = useReconcile();
  const last = monthSpan(monthFrom(thisMonth(), -1));
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { account: "", from: last.from, to: dayBefore(last.to), file: null as File | null },
    validate: {
      account: (value) => (value ? null : t("invoice.accountWrong")),
      to: (value, { from }) => (value >= from ? null : t("invoice.periodWrong")),
      file: (value) => (!value ? t("invoice.fileWrong") : value.size > LARGEST ? t("invoice.fileLarge") : null),
    },
  });
  const submit = ({ account, from, to, file }: typeof form.values) => {
    const [carrier = "", name = ""] = account.split("/");
    if (!file) return;
    reconcile.mutate(
      { carrier, account: name, from, to: dayFrom(to, 1), file },
      {
        onSuccess: ({ id }) =>
          void go({ to: "/ledger/reconciliations/$reconciliationId", params: { reconciliationId: id }, search: {} }),
      },
    );
  };
  const faults = reconcile.error instanceof Refused ? (reconcile.error.problem.errors ?? []) : [];
  return (
    <Page
      title={t("invoice.new")}
      above={
        <Text size="sm" mb="xs">
          <TextLink to="/ledger/reconciliations">{t("sections.reconciliations")}</TextLink>
        </Text>
      }
    >
      {error && !accounts ? (
        <Failure title={t("invoice.accountsFailed")} error={error} onRetry={() => void refetch()} />
      ) : (
        <Card label={t("invoice.new")}>
          <div className={classes.form}>
            <Form
              form={form}
              onSubmit={submit}
              error={faults.length > 0 ? null : reconcile.error}
              pending={reconcile.isPending}
              submit={t("invoice.submit")}
            >
              <Stack>
                <NativeSelect
                  label={t("invoice.account")}
                  data={[
                    { value: "", label: t("invoice.choose") },
                    ...(accounts ?? []).map(({ carrier, account, name }) => ({
                      value: `${carrier}/${account}`,
                      label: `${name} (${carrier}/${account})`,
                    })),
                  ]}
                  key={form.key("account")}
                  {...form.getInputProps("account")}
                />
                <div className={classes.two}>
                  <TextInput type="date" label={t("from")} key={form.key("from")} {...form.getInputProps("from")} />
                  <TextInput type="date" label={t("to")} key={form.key("to")} {...form.getInputProps("to")} />
                </div>
                <FileInput
                  label={t("invoice.file")}
                  description={t("invoice.fileHint")}
                  placeholder={t("invoice.fileChoose")}
                  accept=".csv,text/csv"
                  clearable
                  clearButtonProps={{ "aria-label": t("invoice.fileClear") }}
                  key={form.key("file")}
                  {...form.getInputProps("file")}
                />
                {faults.length > 0 && (
                  <Alert color="red" variant="light" title={t("invoice.faults")}>
                    <List size="sm">
                      {faults.map(({ pointer, detail }) => (
                        <List.Item key={`${pointer}/${detail}`}>
                          {t("invoice.fault", { line: pointer.replace(/^\/?line\//, ""), detail })}
                        </List.Item>
                      ))}
                    </List>
                  </Alert>
                )}
              </Stack>
            </Form>
          </div>
        </Card>
      )}
    </Page>
  );
}
