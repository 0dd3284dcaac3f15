import { Alert, Group, Skeleton, Text } from "@mantine/core";
import { IconMail } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { AccountPage } from "@/features/account/components/frame";
import { meQuery } from "@/features/users/queries";
import { TextLink } from "@/ui/links";
import { Section } from "@/ui/section";
import { Failure } from "@/ui/states";

import { Events } from "../components/events";
import { Letters } from "../components/letters";
import { wishesQuery } from "../queries";

export function WishesPage() {
  const { t } = useTranslation("notifications");
  const { data: wishes, error, refetch } = useQuery(wishesQuery);
  const { data: me } = useQuery(meQuery);
  if (error && !wishes) {
    return (
      <AccountPage title={t("title")}>
        <Failure title={t("wishes.failed")} error={error} onRetry={() => void refetch()} />
      </AccountPage>
    );
  }
  return (
    <AccountPage title={t("title")}>
      {me && !me.email_verified && wishes?.letters && (
        <Alert variant="light" color="gray" icon={<IconMail size={18} />}>
          <Group gap="xs">
            <Text size="sm">{t("wishes.unverified")}</Text>
            <TextLink size="sm" to="/account">
              {t("wishes.verify")}
            </TextLink>
          </Group>
        </Alert>
      )}
      <Events wishes={wishes} />
      <Section title={t("wishes.letters.title")} detail={t("wishes.letters.detail")}>
        {wishes ? <Letters wishes={wishes} /> : <Skeleton height={280} />}
      </Section>
    </AccountPage>
  );
}
