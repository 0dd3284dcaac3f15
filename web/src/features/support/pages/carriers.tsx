import { Text, Title } from "@mantine/core";
import { IconTruck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import type { Schemas } from "@/lib/api/client";
import { Item, Listed, Tag } from "@/ui/listed";
import { Section } from "@/ui/section";
import { Empty, Failure } from "@/ui/states";

import { Desk } from "../components/desk";
import { accountsQuery, carriersQuery } from "../carriers";
import { EditAccount } from "../components/edit-account";
import { Held, PauseButtons } from "../components/pausing";

export function CarriersPage() {
  const { t } = useTranslation("support");
  const { data, error, refetch } = useQuery(carriersQuery);
  if (error && !data) {
    return (
      <Desk title={t("carriers.title")}>
        <Failure title={t("carriers.failed")} error={error} onRetry={() => void refetch()} />
      </Desk>
    );
  }
  return (
    <Desk title={t("carriers.title")}>
      {data?.map((carrier) => <Carrier key={carrier.code} carrier={carrier} />) ?? (
        <Section wide title={t("carriers.accounts")}>
          <Listed
            label={t("carriers.title")}
            items={undefined}
            idOf={String}
            error={null}
            failed=""
            onRetry={() => undefined}
            empty={null}
          >
            {() => null}
          </Listed>
        </Section>
      )}
      {data?.length === 0 && <Empty icon={<IconTruck size={22} />} title={t("carriers.empty")} />}
    </Desk>
  );
}

function Carrier({ carrier }: { carrier: Schemas["CarrierView"] }) {
  const { t } = useTranslation("support");
  const { code, name, pauses = [], safety } = carrier;
  const { data, error, refetch } = useQuery(accountsQuery(code));
  const whole = pauses.find(({ account }) => account == null);
  return (
    <Section
      wide
      title={name}
      detail={`${code} · ${t(`safety.${safety}`)}`}
      end={<PauseButtons whom={{ carrier: code, account: null }} name={name} pause={whole} />}
    >
      {whole && <Held pause={whole} />}
      <div>
        <Title order={3}>{t("carriers.accounts")}</Title>
        <Listed
          label={t("carriers.accountsOf", { name })}
          items={data}
          idOf={({ account }) => account}
          error={error}
          failed={t("carriers.failed")}
          onRetry={() => void refetch()}
          empty={
            <Text size="sm" c="dimmed">
              {t("carriers.none")}
            </Text>
          }
        >
          {(account) => <Account account={account} pause={pauses.find((each) => each.account === account.account)} />}
        </Listed>
      </div>
    </Section>
  );
}

function Account({ account, pause }: { account: Schemas["AccountView"]; pause: Schemas["Pause"] | undefined }) {
  const { t } = useTranslation("support");
  const { carrier, account: code, name, enabled, services, margin_percent, problems = [] } = account;
  return (
    <Item
      title={
        <>
          {name}
          {!enabled ? (
            <Tag tone="waiting">{t("carriers.off")}</Tag>
          ) : problems.length ? (
            <Tag tone="bad">{t("carriers.unusable")}</Tag>
          ) : (
            <Tag tone="good">{t("carriers.ready")}</Tag>
          )}
        </>
      }
      detail={[
        `${carrier}/${code}`,
        services.map((service) => t(`service.${service}`)).join(", "),
        t("carriers.margin", { percent: margin_percent }),
        ...problems,
      ].join(" · ")}
      end={
        <>
          <EditAccount account={account} />
          <PauseButtons whom={{ carrier, account: code }} name={name} pause={pause} />
        </>
      }
    >
      {pause && <Held pause={pause} />}
    </Item>
  );
}
