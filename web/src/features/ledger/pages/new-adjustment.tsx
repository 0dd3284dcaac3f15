import { NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import { useIntent } from "@/lib/intent";
import { fieldErrors, Form } from "@/ui/form";
import { TextLink } from "@/ui/links";
import { Card, Page } from "@/ui/page";

import { CURRENCIES, isDelivery, type Currency } from "../filter";
import { minor } from "../minor";
import { usePropose } from "../queries";
import { REASONS } from "../use-words";
import classes from "./ledger.module.css";

const route = getRouteApi("/app/ledger/adjustments/new");
const KINDS = ["refund", "customer", "carrier"] as const;

export function NewAdjustmentPage() {
  const { t } = useTranslation("ledger");
  const { delivery } = route.useSearch();
  const go = route.useNavigate();
  const intent = useIntent();
  const propose = usePropose(intent.key);
  const form = useForm({
    mode: "uncontrolled",
    initialValues: {
      delivery_id: delivery ?? "",
      kind: "refund" as (typeof KINDS)[number],
      money: "",
      currency: "BRL" as Currency,
      reason: REASONS[0] as string,
    },
    validate: {
      delivery_id: (value) => (isDelivery(value.trim()) ? null : t("adjustments.deliveryWrong")),
      money: (value, { kind }) => {
        const told = minor(value);
        return told && (kind !== "refund" || told > 0) ? null : t("adjustments.amountWrong");
      },
    },
  });
  const submit = ({ delivery_id, kind, money, currency, reason }: typeof form.values) =>
    propose.mutate(
      { delivery_id: delivery_id.trim(), kind, reason, money: { amount: minor(money) ?? 0, currency } },
      {
        onSuccess: ({ id }) => {
          intent.renew();
          void go({ to: "/ledger/adjustments/$adjustmentId", params: { adjustmentId: id } });
        },
        onError: (error) => form.setErrors(fieldErrors(error)),
      },
    );
  return (
    <Page
      title={t("adjustments.new")}
      above={
        <Text size="sm" mb="xs">
          <TextLink to="/ledger/adjustments" search={{}}>
            {t("sections.adjustments")}
          </TextLink>
        </Text>
      }
    >
      <Card label={t("adjustments.new")}>
        <div className={classes.form}>
          <Form
            form={form}
            onSubmit={submit}
            error={propose.error}
            pending={propose.isPending}
            submit={t("adjustments.submit")}
          >
            <Stack>
              <TextInput
                label={t("column.delivery")}
                placeholder={t("deliveryHint")}
                key={form.key("delivery_id")}
                {...form.getInputProps("delivery_id")}
              />
              <NativeSelect
                label={t("adjustments.what")}
                data={KINDS.map((value) => ({ value, label: t(`adjustments.kindLong.${value}`) }))}
                key={form.key("kind")}
                {...form.getInputProps("kind")}
              />
              <div className={classes.two}>
                <TextInput
                  label={t("column.amount")}
                  description={t("adjustments.amountHint")}
                  inputMode="decimal"
                  key={form.key("money")}
                  {...form.getInputProps("money")}
                />
                <NativeSelect
                  label={t("currency")}
                  description={t("adjustments.currencyHint")}
                  data={[...CURRENCIES]}
                  key={form.key("currency")}
                  {...form.getInputProps("currency")}
                />
              </div>
              <NativeSelect
                label={t("adjustments.reason")}
                description={t("adjustments.reasonHint")}
                data={REASONS.map((value) => ({ value, label: t(`reason.${value}`) }))}
                key={form.key("reason")}
                {...form.getInputProps("reason")}
              />
            </Stack>
          </Form>
        </div>
      </Card>
    </Page>
  );
}
