import { Button, Group, Text } from "@mantine/core";
import { IconMoodSmile, IconRefresh } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { useFormat } from "@/lib/format";
import { Empty } from "@/ui/states";

import { Desk } from "../components/desk";
import { Found } from "../components/found";
import { attentionQuery } from "../queries";

export function AttentionPage() {
  const { t } = useTranslation("support");
  const format = useFormat();
  const query = useInfiniteQuery(attentionQuery);
  return (
    <Desk
      title={t("attention.title")}
      actions={
        <Group gap="sm">
          {query.dataUpdatedAt > 0 && (
            <Text size="xs" c="dimmed">
              {t("attention.asOf", { at: format.time(new Date(query.dataUpdatedAt).toISOString()) })}
            </Text>
          )}
          <Button
            size="xs"
            variant="default"
            leftSection={<IconRefresh size={14} />}
            loading={query.isRefetching && !query.isFetchingNextPage}
            onClick={() => void query.refetch()}
          >
            {t("attention.refresh")}
          </Button>
        </Group>
      }
    >
      <Found
        label={t("attention.title")}
        query={query}
        empty={
          <Empty icon={<IconMoodSmile size={22} />} title={t("attention.empty")} detail={t("attention.emptyDetail")} />
        }
      />
    </Desk>
  );
}
