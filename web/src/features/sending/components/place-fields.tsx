/** An address from its CEP: what the code tells is shown in one line, and becomes fields when somebody must write it. */
import { Anchor, Loader, Text, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { Refused } from "@/lib/api/problem";

import { cepText, digits, type Draft, type StopDraft } from "../draft";
import { cepQuery } from "../queries";
import classes from "./fields.module.css";

export interface EndProps {
  form: UseFormReturnType<Draft>;
  end: "pickup" | "dropoff";
}
type Looking = "idle" | "looking" | "found" | "unknown" | "away";

const TOLD = ["street", "district", "city", "state"] as const;

/** `number` and `complement` beside the CEP, unless `brief`: a price needs no door. */
export function PlaceFields({ form, end, brief, autoFocus }: EndProps & { brief?: boolean; autoFocus?: boolean }) {
  const { t } = useTranslation("sending");
  const queries = useQueryClient();
  const at = (name: keyof StopDraft) => `${end}.${name}`;
  const field = (name: keyof StopDraft) => form.getInputProps(at(name));
  const [{ postal_code: known, city }, setTold] = useState(() => form.getValues()[end]);
  const [looking, setLooking] = useState<Looking>(city ? "found" : "idle");
  const [byHand, setByHand] = useState(false);

  // The map of codes fills in what it knows, and the next thing to write gets the focus.
  form.watch(at("postal_code"), ({ value }) => {
    const cep = digits(String(value));
    if (cep.length !== 8) return setLooking((now) => (now === "found" ? now : "idle"));
    if (cep === digits(known)) return;
    setTold((before) => ({ ...before, postal_code: cep }));
    setLooking("looking");
    queries.fetchQuery(cepQuery(cep)).then(
      (found) => {
        if (digits(form.getValues()[end].postal_code) !== cep) return;
        for (const name of TOLD) form.setFieldValue(at(name), found[name]);
        for (const name of TOLD) form.clearFieldError(at(name));
        setByHand(!found.street || !found.district);
        setLooking("found");
        const next = form.getInputNode(at(found.street ? "number" : "street"));
        if (document.activeElement === form.getInputNode(at("postal_code"))) next?.focus();
      },
      (error: unknown) => {
        setLooking(error instanceof Refused && error.status < 500 ? "unknown" : "away");
        setByHand(true);
      },
    );
  });

  const wrong = TOLD.some((name) => form.errors[at(name)]);
  const told = form.getValues()[end];
  const fields = byHand || wrong;
  return (
    <>
      <div className={brief ? undefined : classes.door}>
        <TextInput
          label={t("field.cep")}
          placeholder={t("hint.cep")}
          inputMode="numeric"
          autoComplete={`section-${end} postal-code`}
          maxLength={10}
          data-autofocus={autoFocus || undefined}
          autoFocus={autoFocus}
          key={form.key(at("postal_code"))}
          {...field("postal_code")}
          onBlur={({ target }) => {
            form.setFieldValue(at("postal_code"), cepText(target.value));
          }}
          rightSection={looking === "looking" && <Loader size={14} aria-label={t("looking")} />}
          error={form.errors[at("postal_code")] ?? (looking === "unknown" ? t("wrong.unknownCep") : null)}
        />
        {!brief && (
          <TextInput
            label={t("field.number")}
            placeholder={t("hint.number")}
            key={form.key(at("number"))}
            {...field("number")}
          />
        )}
        {!brief && (
          <TextInput label={t("field.complement")} key={form.key(at("complement"))} {...field("complement")} />
        )}
      </div>
      {looking === "away" && (
        <Text size="sm" c="dimmed" role="status">
          {t("cepAway")}
        </Text>
      )}
      {fields ? (
        <div className={classes.pair}>
          <TextInput label={t("field.street")} key={form.key(at("street"))} {...field("street")} />
          <TextInput label={t("field.district")} key={form.key(at("district"))} {...field("district")} />
          <TextInput label={t("field.city")} key={form.key(at("city"))} {...field("city")} />
          <TextInput label={t("field.state")} maxLength={2} key={form.key(at("state"))} {...field("state")} />
        </div>
      ) : (
        looking === "found" && (
          <Text size="sm" role="status" className={classes.told}>
            {t("told", { ...told })}{" "}
            <Anchor component="button" type="button" size="sm" onClick={() => setByHand(true)}>
              {t("correct")}
            </Anchor>
          </Text>
        )
      )}
    </>
  );
}
