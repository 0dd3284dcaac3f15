/** Carriers are being asked: how long it has taken so far, and where their offers will stand. */
import { Skeleton, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { Card } from "@/ui/page";

export function Asking() {
  const { t } = useTranslation("sending");
  return (
    <Stack gap="sm" aria-busy>
      <div role="status">
        <Text fw={600}>{t("asking.title")}</Text>
        <Text size="sm" c="dimmed">
          {t("asking.detail")}
        </Text>
      </div>
      {[55, 40, 48].map((width) => (
        <Card key={width}>
          <Stack gap="xs" p="md">
            <Skeleton height={16} width={`${width}%`} />
            <Skeleton height={12} width="30%" />
          </Stack>
        </Card>
      ))}
    </Stack>
  );
}
