/** Somebody's account as staff see it, and what an administrator may do to it. */
import { NativeSelect, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

import type { Schemas } from "@/lib/api/client";
import { useFormat } from "@/lib/format";
import { useSession } from "@/lib/session";
import { ConfirmButton } from "@/ui/dialog";
import { FormError } from "@/ui/form-error";
import { TextLink } from "@/ui/links";
import { Item, Tag } from "@/ui/listed";
import { Section } from "@/ui/section";

import { useStanding } from "../queries";
import { PersonPrivacy } from "./person-privacy";

type User = Schemas["UserView"];
const ROLES = ["customer", "support", "admin"] as const;

interface PersonProps {
  user: User;
  onChange: (user: User) => void;
  onErased: () => void;
}

export function Person({ user, onChange, onErased }: PersonProps) {
  const { t } = useTranslation("support");
  const format = useFormat();
  const session = useSession();
  const standing = useStanding(user.id, onChange);
  const mayChange = session?.role === "admin" && session.userId !== user.id;
  const { name } = user;
  return (
    <Section wide title={name} detail={user.email}>
      <Item
        title={
          <>
            {user.id}
            {user.disabled && <Tag tone="bad">{t("people.disabled")}</Tag>}
            <Tag tone={user.email_verified ? "good" : "waiting"}>
              {t(user.email_verified ? "people.verified" : "people.unverified")}
            </Tag>
          </>
        }
        detail={t("people.since", { at: format.dateTime(user.created_at) })}
        end={
          <>
            <TextLink size="sm" to="/support/audit" search={{ actor: user.id }}>
              {t("people.did")}
            </TextLink>
            <TextLink size="sm" to="/support/audit" search={{ about: user.id }}>
              {t("people.lookedAt")}
            </TextLink>
            <TextLink size="sm" to="/support/deliveries" search={{ organisation: user.organisation_id }}>
              {t("people.deliveries")}
            </TextLink>
          </>
        }
      />
      {mayChange ? (
        <>
          <Item
            title={t("people.standing")}
            detail={t("people.standingDetail")}
            end={
              <>
                <NativeSelect
                  size="xs"
                  aria-label={t("people.role")}
                  data={ROLES.map((value) => ({ value, label: t(`roles.${value}`) }))}
                  value={user.role}
                  disabled={standing.isPending}
                  onChange={({ target }) => standing.mutate({ role: target.value as Schemas["Role"] })}
                />
                <ConfirmButton
                  label={t("people.factor")}
                  title={t("people.factorTitle")}
                  detail={t("people.factorDetail", { name })}
                  confirm={t("people.factor")}
                  mutation={standing}
                  variables="remove-second-factor"
                />
                <ConfirmButton
                  label={t(user.disabled ? "people.enable" : "people.disable")}
                  title={t(user.disabled ? "people.enableTitle" : "people.disableTitle")}
                  detail={t(user.disabled ? "people.enableDetail" : "people.disableDetail", { name })}
                  confirm={t(user.disabled ? "people.enable" : "people.disable")}
                  mutation={standing}
                  variables={user.disabled ? "enable" : "disable"}
                />
              </>
            }
          />
          <PersonPrivacy user={user} onErased={onErased} />
        </>
      ) : (
        <Text size="sm" c="dimmed">
          {t(session?.userId === user.id ? "people.self" : "people.admins")}
        </Text>
      )}
      <FormError error={standing.error} />
    </Section>
  );
}
