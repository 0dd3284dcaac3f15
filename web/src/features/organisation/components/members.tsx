/** Who belongs here; owners change roles, remove, and hand over. */
import { NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import type { Schemas } from "@/lib/api/client";
import { useFormat } from "@/lib/format";
import { ConfirmButton } from "@/ui/dialog";
import { FormError } from "@/ui/form-error";
import { Item, Listed, Tag } from "@/ui/listed";
import { Empty } from "@/ui/states";

import { membersQuery, useChangeRole, useRemoveMember, useTransfer } from "../queries";
import { useHere } from "./frame";

export const ROLES = ["owner", "member", "viewer"] as const;

export function Members() {
  const { t } = useTranslation("organisation");
  const { id, owns } = useHere();
  const format = useFormat();
  const { me } = useHere();
  const { data, error, refetch } = useQuery(membersQuery(id));
  const change = useChangeRole(id);
  const remove = useRemoveMember(id);
  const transfer = useTransfer(id);
  return (
    <>
      <Listed
        label={t("members.title")}
        items={data}
        idOf={({ user_id }) => user_id}
        error={error}
        failed={t("members.failed")}
        onRetry={() => void refetch()}
        empty={<Empty title={t("members.empty")} />}
      >
        {(member) => (
          <Item
            title={
              <>
                {member.name}
                {member.user_id === me && <Tag>{t("members.you")}</Tag>}
              </>
            }
            detail={t("members.joined", { email: member.email, at: format.day(member.joined_at) })}
            end={
              owns && member.user_id !== me ? (
                <>
                  <NativeSelect
                    size="xs"
                    aria-label={t("members.roleOf", { name: member.name })}
                    data={ROLES.map((value) => ({ value, label: t(`role.${value}`) }))}
                    value={member.role}
                    disabled={change.isPending}
                    onChange={({ target }) =>
                      change.mutate({ user: member.user_id, role: target.value as Schemas["OrgRole"] })
                    }
                  />
                  <ConfirmButton
                    label={t("members.transfer")}
                    name={t("members.transferOf", { name: member.name })}
                    title={t("members.transferTitle")}
                    detail={t("members.transferDetail", { name: member.name })}
                    confirm={t("members.transfer")}
                    mutation={transfer}
                    variables={member.user_id}
                  />
                  <ConfirmButton
                    label={t("members.remove")}
                    name={t("members.removeOf", { name: member.name })}
                    title={t("members.removeTitle")}
                    detail={t("members.removeDetail", { name: member.name })}
                    confirm={t("members.remove")}
                    mutation={remove}
                    variables={member.user_id}
                  />
                </>
              ) : (
                t(`role.${member.role}`)
              )
            }
          />
        )}
      </Listed>
      <FormError error={change.error} />
    </>
  );
}
