/** The test button, and what came of it. */
import { Button, Stack, Text, Title } from "@mantine/core";
import { IconSend } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import { useFormat } from "@/lib/format";
import { Dot } from "@/ui/dot";
import { FormError } from "@/ui/form-error";
import { Card } from "@/ui/page";

import { useMay } from "../may";
import { useTest } from "../queries";
import { useAnswer } from "./state";

export function TestCard({ endpointId }: { endpointId: string }) {
  const { t } = useTranslation("webhooks");
  const format = useFormat();
  const may = useMay();
  const test = useTest(endpointId);
  const answer = useAnswer();
  return (
    <Card label={t("test.title")}>
      <Stack p="lg" gap="sm" align="flex-start">
        <Title order={2}>{t("test.title")}</Title>
        <Text size="sm" c="dimmed">
          {t("test.detail")}
        </Text>
        <div role="status">
          {test.data && (
            <Dot tone={test.data.taken ? "good" : "bad"}>
              {t(test.data.taken ? "test.taken" : "test.notTaken", {
                answer: answer(test.data),
                ms: format.number(test.data.latency_ms),
              })}
            </Dot>
          )}
        </div>
        <FormError error={test.error} />
        <Button
          variant="default"
          leftSection={<IconSend size={16} aria-hidden />}
          disabled={!may.keep}
          title={may.keep ? undefined : t("mayNotKeep")}
          loading={test.isPending}
          onClick={() => test.mutate(undefined)}
        >
          {t("test.send")}
        </Button>
      </Stack>
    </Card>
  );
}
