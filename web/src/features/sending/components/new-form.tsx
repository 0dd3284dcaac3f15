/** From where, to where, what, how: one column, good guesses, Enter sends. */
import { Stack, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useNavigate } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useIntent } from "@/lib/intent";
import { Form } from "@/ui/form";
import { Card } from "@/ui/page";

import { asRequest, type Draft, type Known } from "../draft";
import { useCreate } from "../queries";
import { draftErrors, useDraftRules } from "../rules";
import { Asking } from "./asking";
import classes from "./new-form.module.css";
import { ParcelFields } from "./parcel-fields";
import { ServiceFields } from "./service-fields";
import { StopFields } from "./stop-fields";

interface Props {
  initial: Draft;
  pickups: Known[];
  dropoffs: Known[];
}

export function NewForm({ initial, pickups, dropoffs }: Props) {
  const { t } = useTranslation("sending");
  const go = useNavigate();
  const rules = useDraftRules();
  const { key, renew } = useIntent();
  const create = useCreate();
  const [choose, setChoose] = useState(initial.choose);
  const form = useForm<Draft>({
    mode: "uncontrolled",
    initialValues: initial,
    validate: rules.whole,
    onValuesChange: () => {
      if (!create.isError) return;
      create.reset();
      renew(); // what was refused is asked anew once it is another question
    },
  });
  const submit = (draft: Draft) =>
    create.mutate(
      { body: asRequest(draft, t(`size.${draft.size}`)), key },
      {
        onSuccess: (delivery) => {
          renew();
          void go({ to: "/deliveries/new", search: { delivery: delivery.id } });
        },
        onError: (error) => form.setErrors(draftErrors(error)),
      },
    );
  const known = initial.pickup.number !== "";
  return (
    <div className={classes.column}>
      {create.isPending && <Asking />}
      <div hidden={create.isPending}>
        <Form
          form={form}
          onSubmit={submit}
          error={create.error}
          pending={create.isPending}
          submit={t(choose ? "send" : "seeOffers")}
        >
          <Stack>
            <Part title={t("part.pickup")}>
              <StopFields form={form} end="pickup" book={pickups} folded={known} autoFocus={!known} />
            </Part>
            <Part title={t("part.dropoff")}>
              <StopFields form={form} end="dropoff" book={dropoffs} autoFocus={known} />
            </Part>
            <Part title={t("part.parcel")}>
              <ParcelFields form={form} />
            </Part>
            <Part title={t("part.service")}>
              <ServiceFields form={form} onChoose={setChoose} />
            </Part>
          </Stack>
        </Form>
      </div>
    </div>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Card label={title}>
      <div className={classes.part}>
        <Title order={2}>{title}</Title>
        {children}
      </div>
    </Card>
  );
}
