import { Button, Group, Loader, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { linkToken, OneThing } from "@/features/users/components/card";
import { meQuery } from "@/features/users/queries";
import { token as held } from "@/lib/session";
import { FormError } from "@/ui/form-error";
import { ButtonLink } from "@/ui/links";

import { useAccept, useSwitch } from "../queries";

const KEPT = "entrega.invitation"; // while whoever was invited signs in, in this tab alone

/** Where an invitation's link leads. Whoever is not signed in does so first, and comes back. */
export function AcceptPage() {
  const { t } = useTranslation("organisation");
  const go = useNavigate();
  const [link] = useState(() => linkToken() ?? sessionStorage.getItem(KEPT));
  const { data: here } = useQuery({
    queryKey: ["users", "here"],
    queryFn: async () => (await held()) !== null,
    staleTime: 0,
  });
  const { data: me } = useQuery({ ...meQuery, enabled: here === true });
  const accept = useAccept();
  const turn = useSwitch(() => void go({ to: "/deliveries" }));
  useEffect(() => {
    if (link !== null && here === false) sessionStorage.setItem(KEPT, link);
  }, [link, here]);
  if (link === null) return <OneThing title={t("accept.title")} detail={t("accept.noLink")} children={null} />;
  if (accept.isSuccess) {
    const { organisation_id: id, organisation_name: name, role } = accept.data;
    return (
      <OneThing title={t("accept.done", { name })} detail={t("accept.doneDetail", { role: t(`role.${role}`) })}>
        <FormError error={turn.error} />
        <Button fullWidth loading={turn.isPending} onClick={() => turn.mutate(id)}>
          {t("accept.open", { name })}
        </Button>
      </OneThing>
    );
  }
  if (here === undefined) return <Loader aria-label={t("accept.title")} />;
  if (!here) {
    return (
      <OneThing title={t("accept.title")} detail={t("accept.signIn")}>
        <Group grow>
          <ButtonLink to="/sign-in" search={{ to: "/accept-invitation" }}>
            {t("accept.toSignIn")}
          </ButtonLink>
          <ButtonLink to="/register" variant="default">
            {t("accept.toRegister")}
          </ButtonLink>
        </Group>
      </OneThing>
    );
  }
  return (
    <OneThing title={t("accept.title")} detail={t("accept.detail")}>
      {me && <Text size="sm">{t("accept.as", { email: me.email })}</Text>}
      <FormError error={accept.error} />
      <Button
        fullWidth
        mt="lg"
        loading={accept.isPending}
        onClick={() => accept.mutate(link, { onSuccess: () => sessionStorage.removeItem(KEPT) })}
      >
        {t("accept.submit")}
      </Button>
    </OneThing>
  );
}
