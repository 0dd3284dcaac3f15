/** Who, and where: one end of a delivery, with those known from before one keystroke away. */
import { Button, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";

import type { Known, StopDraft } from "../draft";
import classes from "./fields.module.css";
import { PlaceFields, type EndProps } from "./place-fields";

interface Props extends EndProps {
  book: Known[];
  /** Folded to one line: it is known, and seldom another. */
  folded?: boolean;
  autoFocus?: boolean;
}

const QUICK = 3;

export function StopFields({ form, end, book, folded: atFirst = false, autoFocus = false }: Props) {
  const { t } = useTranslation("sending");
  const list = useId();
  const [folded, setFolded] = useState(atFirst);
  const [chosen, setChosen] = useState(0); // drawn anew with what was chosen
  const at = (name: keyof StopDraft) => `${end}.${name}`;
  const field = (name: keyof StopDraft) => form.getInputProps(at(name));
  const choose = (stop: StopDraft) => {
    form.setFieldValue(end, stop as never);
    for (const name of Object.keys(stop)) form.clearFieldError(`${end}.${name}`);
    setChosen((before) => before + 1);
  };
  const name = field("name");
  const wrong = Object.keys(form.errors).some((each) => each.startsWith(`${end}.`));
  if (folded && !wrong) {
    const told = form.getValues()[end];
    return (
      <div className={classes.folded}>
        <div>
          <Text fw={500}>{told.name}</Text>
          <Text size="sm" c="dimmed">
            {t("oneLine", { ...told })}
          </Text>
        </div>
        <Button variant="default" size="xs" onClick={() => setFolded(false)}>
          {t("change")}
        </Button>
      </div>
    );
  }
  return (
    <Stack gap="sm">
      {book.length > 0 && (
        <div className={classes.quick} role="group" aria-label={t("known")}>
          {book.slice(0, QUICK).map(({ label, stop }) => (
            <Button key={label} variant="default" size="xs" radius="xl" onClick={() => choose(stop)}>
              <span className={classes.quickLabel}>{label}</span>
            </Button>
          ))}
        </div>
      )}
      <div className={classes.pair}>
        <TextInput
          label={t(`field.name.${end}`)}
          autoComplete="off"
          list={list}
          data-autofocus={autoFocus || undefined}
          autoFocus={autoFocus}
          key={form.key(at("name"))}
          {...name}
          onChange={(event) => {
            const known = book.find(({ label }) => label === event.currentTarget.value);
            if (known) choose(known.stop);
            else name.onChange(event);
          }}
        />
        <TextInput
          label={t("field.phone")}
          type="tel"
          autoComplete={`section-${end} tel`}
          placeholder={t("hint.phone")}
          key={form.key(at("phone"))}
          {...field("phone")}
        />
      </div>
      <datalist id={list}>
        {book.map(({ label }) => (
          <option key={label} value={label} />
        ))}
      </datalist>
      <PlaceFields key={chosen} form={form} end={end} />
      <TextInput
        label={t("field.instructions")}
        placeholder={t(`hint.${end}`)}
        key={form.key(at("instructions"))}
        {...field("instructions")}
      />
      {end === "dropoff" && (
        <div className={classes.pair}>
          <TextInput
            label={t("field.email")}
            type="email"
            autoComplete={`section-${end} email`}
            placeholder={t("hint.email")}
            key={form.key(at("email"))}
            {...field("email")}
          />
          <NativeSelect
            label={t("notify.legend")}
            data={(["usual", "yes", "no"] as const).map((each) => ({
              value: each === "usual" ? "" : each,
              label: t(`notify.${each}`),
            }))}
            key={form.key("notify")}
            {...form.getInputProps("notify")}
          />
        </div>
      )}
    </Stack>
  );
}
