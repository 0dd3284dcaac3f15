import { ActionIcon, Button, NativeSelect } from "@mantine/core";
import { IconChevronLeft, IconChevronRight, IconDownload } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import { queryString, useDownload } from "@/lib/download";
import { useFormat } from "@/lib/format";
import { FormError } from "@/ui/form-error";
import { Page } from "@/ui/page";
import { Failure } from "@/ui/states";

import { Accounts } from "../components/accounts";
import { Extract, Summary } from "../components/extract";
import { OrganisationField } from "../components/organisation-field";
import { Sections } from "../components/sections";
import { monthFrom, thisMonth, type Currency, type Month } from "../filter";
import { useMay } from "../may";
import { asked, statementQuery } from "../queries";
import classes from "./ledger.module.css";

const route = getRouteApi("/app/ledger");
const MONTHS = 24;

/** A month of the organisation's account, in one currency: what was owed, what came and went, what is owed. */
export function StatementPage() {
  const { t } = useTranslation("ledger");
  const which = route.useSearch();
  const go = route.useNavigate();
  const { data, error, refetch } = useQuery(statementQuery(which));
  const currencies = [...new Set(data?.balances.map(({ currency }) => currency))];
  const currency: Currency = which.currency ?? currencies[0] ?? "BRL";
  return (
    <Page title={t("title")}>
      <Sections />
      <Controls which={which} currency={currency} currencies={currencies} onChange={(search) => void go({ search })} />
      {error && !data ? (
        <Failure title={t("statement.failed")} error={error} onRetry={() => void refetch()} />
      ) : (
        <>
          <Summary balances={data?.balances} currency={currency} />
          <Extract statement={data} currency={currency} />
          {data && data.balances.length > 0 && <Accounts balances={data.balances} currency={currency} />}
        </>
      )}
    </Page>
  );
}

interface ControlsProps {
  which: Month;
  currency: Currency;
  currencies: Currency[];
  onChange: (which: Month) => void;
}

function Controls({ which, currency, currencies, onChange }: ControlsProps) {
  const { t, i18n } = useTranslation("ledger");
  const format = useFormat();
  const { staff } = useMay();
  const csv = useDownload();
  const pdf = useDownload();
  const now = thisMonth();
  const month = which.month ?? now;
  const choices = Array.from({ length: MONTHS }, (_, at) => monthFrom(now, -at));
  if (!choices.includes(month)) choices.push(month);
  const address = (kind: string, more: Record<string, string>) =>
    `/v1/statements/${kind}${queryString({ ...asked(which), ...more })}`;
  return (
    <>
      <div className={classes.controls}>
        <div className={classes.month}>
          <ActionIcon
            variant="default"
            size="input-sm"
            aria-label={t("statement.before")}
            onClick={() => onChange({ ...which, month: monthFrom(month, -1) })}
          >
            <IconChevronLeft size={18} />
          </ActionIcon>
          <NativeSelect
            label={t("statement.month")}
            data={choices.map((value) => ({ value, label: format.month(value) }))}
            value={month}
            onChange={({ target }) => onChange({ ...which, month: target.value })}
          />
          <ActionIcon
            variant="default"
            size="input-sm"
            aria-label={t("statement.after")}
            disabled={month >= now}
            onClick={() => onChange({ ...which, month: monthFrom(month, 1) })}
          >
            <IconChevronRight size={18} />
          </ActionIcon>
        </div>
        {currencies.length > 1 && (
          <NativeSelect
            label={t("currency")}
            data={currencies.map((value) => ({ value, label: `${value} · ${format.currency(value)}` }))}
            value={currency}
            onChange={({ target }) => onChange({ ...which, currency: target.value as Currency })}
          />
        )}
        {staff && (
          <OrganisationField
            value={which.organisation}
            onChange={(organisation) => onChange({ ...which, organisation })}
          />
        )}
        <div className={classes.end}>
          <Button
            variant="default"
            leftSection={<IconDownload size={16} aria-hidden />}
            loading={csv.isPending}
            onClick={() => csv.mutate(address("csv", {}))}
          >
            {t("csv")}
          </Button>
          <Button
            variant="default"
            leftSection={<IconDownload size={16} aria-hidden />}
            loading={pdf.isPending}
            onClick={() => pdf.mutate(address("pdf", { locale: i18n.language }))}
          >
            {t("pdf")}
          </Button>
        </div>
      </div>
      <FormError error={csv.error ?? pdf.error} />
    </>
  );
}
