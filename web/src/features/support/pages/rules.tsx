import { Button } from "@mantine/core";
import { IconPlus, IconRoute } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Schemas } from "@/lib/api/client";
import { useSession } from "@/lib/session";
import { ConfirmButton, Dialog } from "@/ui/dialog";
import { Item, Listed, Tag } from "@/ui/listed";
import { Section } from "@/ui/section";
import { Empty } from "@/ui/states";

import { Desk } from "../components/desk";
import { rulesQuery, useDeleteRule } from "../carriers";
import { RuleForm } from "../components/rule-form";
import { shown } from "../parsing";

export function RulesPage() {
  const { t } = useTranslation("support");
  const { data, error, refetch } = useQuery(rulesQuery);
  const admin = useSession()?.role === "admin";
  const [making, setMaking] = useState(false);
  const add = admin && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setMaking(true)}>
      {t("rules.add")}
    </Button>
  );
  return (
    <Desk title={t("rules.title")} actions={add}>
      <Section wide title={t("rules.which")} detail={t("rules.detail")}>
        <Listed
          label={t("rules.title")}
          items={data}
          idOf={({ id }) => id}
          error={error}
          failed={t("rules.failed")}
          onRetry={() => void refetch()}
          empty={<Empty icon={<IconRoute size={22} />} title={t("rules.empty")} detail={t("rules.emptyDetail")} />}
        >
          {(rule) => <Rule rule={rule} admin={admin} />}
        </Listed>
      </Section>
      <Dialog title={t("rules.add")} opened={making} onClose={() => setMaking(false)}>
        <RuleForm rule={null} onDone={() => setMaking(false)} />
      </Dialog>
    </Desk>
  );
}

function Rule({ rule, admin }: { rule: Schemas["AccountRule"]; admin: boolean }) {
  const { t } = useTranslation("support");
  const remove = useDeleteRule();
  const [editing, setEditing] = useState(false);
  const { name, effect, accounts, enabled } = rule;
  return (
    <>
      <Item
        title={
          <>
            {name}
            <Tag tone={effect === "deny" ? "bad" : effect === "allow" ? "good" : "waiting"}>
              {t(`effect.${effect}`)}
            </Tag>
            {!enabled && <Tag>{t("rules.off")}</Tag>}
          </>
        }
        detail={`${accounts.join(", ")} · ${useWhen(rule.when)}`}
        end={
          admin && (
            <>
              <Button
                size="xs"
                variant="default"
                aria-label={t("rules.editOf", { name })}
                onClick={() => setEditing(true)}
              >
                {t("edit")}
              </Button>
              <ConfirmButton
                label={t("delete")}
                name={t("rules.deleteOf", { name })}
                title={t("rules.deleteOf", { name })}
                detail={t("rules.deleteDetail")}
                confirm={t("delete")}
                mutation={remove}
                variables={rule.id}
              />
            </>
          )
        }
      />
      <Dialog title={t("rules.editOf", { name })} opened={editing} onClose={() => setEditing(false)}>
        <RuleForm rule={rule} onDone={() => setEditing(false)} />
      </Dialog>
    </>
  );
}

/** For which deliveries, in words. */
function useWhen(when: Partial<Schemas["When"]> = {}): string {
  const { t } = useTranslation("support");
  const said = [
    when.organisation_id,
    when.service && t(`service.${when.service}`),
    when.country,
    when.min_weight_g != null && t("rules.from", { grams: when.min_weight_g }),
    when.max_weight_g != null && t("rules.upTo", { grams: when.max_weight_g }),
    when.pickup_postal_ranges?.length && `${t("rules.pickup")} ${shown(when.pickup_postal_ranges)}`,
    when.dropoff_postal_ranges?.length && `${t("rules.dropoff")} ${shown(when.dropoff_postal_ranges)}`,
  ].filter(Boolean);
  return said.length ? said.join(", ") : t("rules.every");
}
