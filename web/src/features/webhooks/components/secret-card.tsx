/** The secret of an endpoint: shown when asked for, and rotated with both in force for a while. */
import { Button, Group, NativeSelect, Stack, Text, Title } from "@mantine/core";
import { IconEye, IconRefresh } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { Ask } from "@/ui/ask";
import { FormError } from "@/ui/form-error";
import { Card } from "@/ui/page";

import { useMay } from "../may";
import { useRotate, useSecret } from "../queries";
import { Secrets } from "./secret";

const SPANS = ["PT0S", "PT1H", "PT24H", "P7D"] as const;

export function SecretCard({ endpointId }: { endpointId: string }) {
  const { t } = useTranslation(["webhooks", "app"]);
  const may = useMay();
  const look = useSecret(endpointId);
  const rotate = useRotate(endpointId);
  const [asking, setAsking] = useState(false);
  const [keepFor, setKeepFor] = useState<string>("PT24H");
  const shown = rotate.data ?? look.data;
  const hide = () => {
    look.reset();
    rotate.reset();
  };
  return (
    <Card label={t("secret.title")}>
      <Stack p="lg" gap="sm">
        <Title order={2}>{t("secret.title")}</Title>
        <Text size="sm" c="dimmed">
          {t("secret.detail")}
        </Text>
        {shown && <Secrets secrets={shown} />}
        <FormError error={look.error} />
        <Group gap="xs">
          {shown ? (
            <Button variant="default" onClick={hide}>
              {t("secret.hide")}
            </Button>
          ) : (
            <Button
              variant="default"
              leftSection={<IconEye size={16} aria-hidden />}
              disabled={!may.seeSecrets}
              loading={look.isPending}
              onClick={() => look.mutate()}
            >
              {t("secret.show")}
            </Button>
          )}
          <Button
            variant="default"
            leftSection={<IconRefresh size={16} aria-hidden />}
            disabled={!may.keep}
            onClick={() => setAsking(true)}
          >
            {t("secret.rotate")}
          </Button>
        </Group>
        {!may.seeSecrets && (
          <Text size="xs" c="dimmed">
            {t("secret.ownersOnly")}
          </Text>
        )}
      </Stack>
      <Ask
        opened={asking}
        onClose={() => setAsking(false)}
        title={t("secret.rotateTitle")}
        detail={t("secret.rotateDetail")}
        verb={t("secret.rotate")}
        pending={rotate.isPending}
        error={rotate.error}
        onConfirm={() => rotate.mutate(keepFor, { onSuccess: () => setAsking(false) })}
      >
        <NativeSelect
          label={t("secret.keepFor")}
          data={SPANS.map((value) => ({ value, label: t(`secret.spans.${value}`) }))}
          value={keepFor}
          onChange={({ target }) => setKeepFor(target.value)}
        />
      </Ask>
    </Card>
  );
}
