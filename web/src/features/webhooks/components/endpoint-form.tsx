/** An endpoint's address and what it is told of: for a new one and for one that is changed. */
import { Checkbox, Radio, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { fieldErrors, Form } from "@/ui/form";

import { eventsOf, isEvent, type EventType } from "../events";
import { useEventName } from "../use-event";
import classes from "./endpoint-form.module.css";

export interface EndpointValues {
  url: string;
  description: string | null;
  events: EventType[];
}

interface EndpointFormProps {
  initial: { url: string; description?: string | null; events: string[] };
  submit: string;
  pending: boolean;
  error: unknown;
  onSubmit: (values: EndpointValues, refused: (error: unknown) => void) => void;
}

export function EndpointForm({ initial, submit, pending, error, onSubmit }: EndpointFormProps) {
  const { t } = useTranslation("webhooks");
  const name = useEventName();
  const [every, setEvery] = useState(initial.events.length === 0);
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { url: initial.url, description: initial.description ?? "", events: initial.events },
    validate: {
      url: (value) => (/^https?:\/\/\S+$/.test(value.trim()) ? null : t("form.urlWrong")),
      events: (value) => (every || value.length > 0 ? null : t("form.eventsWrong")),
    },
  });
  const send = ({ url, description, events }: typeof form.values) =>
    onSubmit(
      { url: url.trim(), description: description.trim() || null, events: every ? [] : events.filter(isEvent) },
      (refused) => form.setErrors(fieldErrors(refused)),
    );
  return (
    <div className={classes.form}>
      <Form form={form} onSubmit={send} error={error} pending={pending} submit={submit}>
        <Stack>
          <TextInput
            label={t("form.url")}
            description={t("form.urlHint")}
            type="url"
            inputMode="url"
            autoComplete="off"
            key={form.key("url")}
            {...form.getInputProps("url")}
          />
          <TextInput
            label={t("form.description")}
            description={t("form.descriptionHint")}
            maxLength={200}
            key={form.key("description")}
            {...form.getInputProps("description")}
          />
          <Radio.Group
            label={t("form.events")}
            value={every ? "every" : "some"}
            onChange={(value) => setEvery(value === "every")}
          >
            <Stack gap="xs" mt="xs">
              <Radio value="every" label={t("form.every")} />
              <Radio value="some" label={t("form.some")} />
            </Stack>
          </Radio.Group>
          {!every && (
            <Checkbox.Group aria-label={t("form.some")} key={form.key("events")} {...form.getInputProps("events")}>
              <Stack>
                {(["moves", "more"] as const).map((group) => (
                  <div key={group} role="group" aria-label={t(`form.${group}`)}>
                    <strong>{t(`form.${group}`)}</strong>
                    <div className={classes.events}>
                      {eventsOf(group).map((event) => (
                        <Checkbox key={event} value={event} label={name(event)} description={event} />
                      ))}
                    </div>
                  </div>
                ))}
              </Stack>
            </Checkbox.Group>
          )}
        </Stack>
      </Form>
    </div>
  );
}
