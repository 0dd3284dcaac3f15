/** Sending again, or late, what happened in a stretch of time, and how far that has come. */
import { Button, Checkbox, Group, Stack, Text, TextInput, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { useFormat } from "@/lib/format";
import { useIntent } from "@/lib/intent";
import { FormError } from "@/ui/form-error";
import { Card } from "@/ui/page";
import { Sheet } from "@/ui/sheet";

import { useMay } from "../may";
import { replaysQuery, useReplay, type Endpoint } from "../queries";
import classes from "./replay-card.module.css";

/** As a `datetime-local` field writes an instant: the reader's clock, to the minute. */
function local(at: Date): string {
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

export function ReplayCard({ endpoint }: { endpoint: Endpoint }) {
  const { t } = useTranslation("webhooks");
  const format = useFormat();
  const may = useMay();
  const intent = useIntent();
  const replay = useReplay(endpoint.id, intent.key);
  const { data } = useQuery(replaysQuery(endpoint.id));
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { since: endpoint.missed_since ? local(new Date(endpoint.missed_since)) : "", onlyFailed: true },
    validate: { since: (value) => (value ? null : t("replay.sinceWrong")) },
  });
  const refused = !may.keep ? t("mayNotKeep") : endpoint.enabled ? undefined : t("message.disabledNow");
  const send = form.onSubmit(({ since, onlyFailed }) =>
    replay.mutate(
      { since: new Date(since).toISOString(), events: [], only_failed: onlyFailed },
      { onSuccess: intent.renew },
    ),
  );
  return (
    <Card label={t("replay.title")}>
      <form onSubmit={send} noValidate>
        <Stack p="lg" gap="sm">
          <Title order={2}>{t("replay.title")}</Title>
          <Text size="sm" c="dimmed">
            {t("replay.detail")}
          </Text>
          <div className={classes.fields}>
            <TextInput
              type="datetime-local"
              label={t("replay.since")}
              max={local(new Date())}
              key={form.key("since")}
              {...form.getInputProps("since")}
            />
            <Checkbox
              label={t("replay.onlyFailed")}
              key={form.key("onlyFailed")}
              {...form.getInputProps("onlyFailed", { type: "checkbox" })}
            />
          </div>
          <FormError error={replay.error} />
          <Group gap="xs">
            <Button type="submit" variant="default" disabled={refused !== undefined} loading={replay.isPending}>
              {t("replay.send")}
            </Button>
            {refused && (
              <Text size="xs" c="dimmed">
                {refused}
              </Text>
            )}
          </Group>
        </Stack>
      </form>
      {data && data.items.length > 0 && (
        <Sheet
          label={t("replay.before")}
          items={data.items}
          idOf={({ id }) => id}
          columns={[
            {
              id: "span",
              header: t("replay.span"),
              cell: ({ since, until }) =>
                t("replay.from", { since: format.shortDateTime(since), until: format.shortDateTime(until) }),
            },
            { id: "status", header: t("column.state"), cell: ({ status }) => t(`replay.status.${status}`) },
            {
              id: "seen",
              header: t("replay.seen"),
              end: true,
              cell: ({ seen, lines }) => t("replay.of", { part: format.number(seen), whole: format.number(lines) }),
            },
            { id: "told", header: t("replay.told"), end: true, cell: ({ told }) => format.number(told) },
          ]}
        />
      )}
    </Card>
  );
}
