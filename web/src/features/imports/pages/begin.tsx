import { Anchor, Button, Group, NativeSelect, Stack, Text, Title } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { Refused, Unreachable } from "@/lib/api/problem";
import { useFormat } from "@/lib/format";
import { useIntent } from "@/lib/intent";
import { FormError } from "@/ui/form-error";
import { TextLink } from "@/ui/links";
import { Card, Page } from "@/ui/page";
import { Sheet } from "@/ui/sheet";
import { Failure } from "@/ui/states";

import { FileField } from "../components/file-field";
import { LineProblems } from "../components/line-problems";
import { downloadTemplate, importsQuery, useBegin, type Upload } from "../queries";

const RULES = ["", "cheapest", "fastest", "best_value", "cheapest_by"] as const;

export function ImportPage() {
  const { t } = useTranslation(["imports", "deliveries"]);
  const go = useNavigate();
  const { key, renew } = useIntent();
  const [file, setFile] = useState<File | null>(null);
  const [rule, setRule] = useState<Upload["rule"]>("");
  const template = useMutation({ mutationFn: downloadTemplate });
  const begin = useBegin((made) => void go({ to: "/deliveries/import/$importId", params: { importId: made.id } }));
  const wrong = begin.error instanceof Refused && begin.error.code === "lines_wrong" ? begin.error : null;
  const choose = (chosen: File) => {
    setFile(chosen);
    begin.reset();
    renew();
  };
  const send = () =>
    file && begin.mutate({ file, rule, key }, { onError: (error) => !(error instanceof Unreachable) && renew() });
  return (
    <Page
      title={t("title")}
      above={
        <Text size="sm" mb="xs">
          <TextLink to="/deliveries" search={{}}>
            {t("deliveries:title")}
          </TextLink>
        </Text>
      }
    >
      <Card label={t("new")}>
        <Stack p="lg">
          <Text size="sm" c="dimmed">
            {t("how")}{" "}
            <Anchor component="button" type="button" size="sm" onClick={() => template.mutate()}>
              {t("template")}
            </Anchor>
          </Text>
          <FormError error={template.error} />
          <FileField file={file} onFile={choose} />
          <NativeSelect
            label={t("rule.label")}
            description={t("rule.detail")}
            value={rule}
            onChange={({ currentTarget }) => {
              setRule(currentTarget.value as Upload["rule"]);
              renew();
            }}
            data={RULES.map((value) => ({ value, label: t(`rule.${value || "none"}`) }))}
          />
          {wrong ? <LineProblems refused={wrong} /> : <FormError error={begin.error} />}
          <Group justify="flex-end">
            <Text size="xs" c="dimmed" id="import-why">
              {!file && t("file.first")}
            </Text>
            <Button
              loading={begin.isPending}
              data-disabled={!file || undefined}
              aria-disabled={!file}
              aria-describedby="import-why"
              onClick={send}
            >
              {t("start")}
            </Button>
          </Group>
        </Stack>
      </Card>
      <Past />
    </Page>
  );
}

function Past() {
  const { t } = useTranslation("imports");
  const format = useFormat();
  const { data, error, refetch } = useQuery(importsQuery);
  if (error && !data) return <Failure title={t("past.failed")} error={error} onRetry={() => void refetch()} />;
  if (!data?.items.length) return null;
  return (
    <Card label={t("past.title")}>
      <Title order={2} p="lg" pb="xs">
        {t("past.title")}
      </Title>
      <Sheet
        label={t("past.title")}
        items={data.items}
        idOf={({ id }) => id}
        columns={[
          {
            id: "when",
            header: t("past.when"),
            cell: ({ id, created_at }) => (
              <TextLink to="/deliveries/import/$importId" params={{ importId: id }}>
                {format.shortDateTime(created_at)}
              </TextLink>
            ),
          },
          { id: "status", header: t("past.status"), cell: ({ status }) => t(`status.${status}`) },
          { id: "lines", header: t("past.lines"), end: true, cell: ({ lines }) => format.number(lines) },
          { id: "failed", header: t("outcome.failed"), end: true, cell: ({ failed }) => format.number(failed) },
        ]}
      />
    </Card>
  );
}
