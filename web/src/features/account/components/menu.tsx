/** Behind the account's button: who is here, where to, and for which organisation. Loaded when it is opened. */
import { Menu, Text } from "@mantine/core";
import { IconBuilding, IconLogout, IconUser } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import { organisationsQuery, useSwitch } from "@/features/organisation/queries";
import { meQuery } from "@/features/users/queries";
import { useSession } from "@/lib/session";

import classes from "./menu.module.css";

export function AccountItems({ onSignOut }: { onSignOut: () => void }) {
  const { t } = useTranslation(["app", "users"]);
  const go = useNavigate();
  const { data: me } = useQuery(meQuery);
  const { data: organisations = [] } = useQuery(organisationsQuery);
  const here = useSession()?.organisationId;
  const turn = useSwitch(() => void go({ to: "/deliveries" }));
  return (
    <>
      {me && (
        <div className={classes.me}>
          <Text size="sm" fw={600}>
            {me.name}
          </Text>
          <Text size="xs" c="dimmed">
            {me.email}
          </Text>
        </div>
      )}
      <Menu.Item leftSection={<IconUser size={16} />} onClick={() => void go({ to: "/account" })}>
        {t("account")}
      </Menu.Item>
      <Menu.Item leftSection={<IconBuilding size={16} />} onClick={() => void go({ to: "/organisation" })}>
        {t("organisation")}
      </Menu.Item>
      {organisations.length > 1 && (
        <>
          <Menu.Divider />
          <Menu.Label>{t("switchTo")}</Menu.Label>
          <Menu.RadioGroup value={here} onChange={(id) => id !== here && turn.mutate(id)}>
            {organisations.map(({ organisation_id: id, organisation_name: name }) => (
              <Menu.RadioItem key={id} value={id} closeMenuOnClick>
                {name}
              </Menu.RadioItem>
            ))}
          </Menu.RadioGroup>
        </>
      )}
      <Menu.Divider />
      <Menu.Item leftSection={<IconLogout size={16} />} onClick={onSignOut}>
        {t("users:signOut")}
      </Menu.Item>
    </>
  );
}
