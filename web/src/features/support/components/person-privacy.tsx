/** What somebody has a right to, asked for by an administrator: all that is held on them, and their end. */
import { Button, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Schemas } from "@/lib/api/client";
import { Dialog } from "@/ui/dialog";
import { Form } from "@/ui/form";
import { Item } from "@/ui/listed";

import { useErasePerson, useExportPerson } from "../queries";

type User = Schemas["UserView"];
type Ground = Schemas["WithGround"]["ground"];
const GROUNDS = ["request", "duty"] as const;

export function PersonPrivacy({ user, onErased }: { user: User; onErased: () => void }) {
  const { t } = useTranslation("support");
  const [open, setOpen] = useState<"export" | "erase" | null>(null);
  const take = useExportPerson(user.id);
  const erase = useErasePerson(user.id);
  const close = () => setOpen(null);
  return (
    <>
      <Item
        title={t("people.privacy")}
        detail={t("people.privacyDetail")}
        end={
          <>
            <Button size="xs" variant="default" onClick={() => setOpen("export")}>
              {t("people.export")}
            </Button>
            <Button size="xs" variant="default" onClick={() => setOpen("erase")}>
              {t("people.erase")}
            </Button>
          </>
        }
      />
      <Dialog title={t("people.exportOf", { name: user.name })} opened={open === "export"} onClose={close}>
        <Grounded
          said={t("people.exportSaid")}
          submit={t("people.exportSubmit")}
          pending={take.isPending}
          error={take.error}
          onGround={(ground) => take.mutate(ground, { onSuccess: close })}
        />
      </Dialog>
      <Dialog title={t("people.eraseOf", { name: user.name })} opened={open === "erase"} onClose={close}>
        <Grounded
          said={t("people.eraseSaid")}
          typed={user.email}
          submit={t("people.eraseSubmit")}
          pending={erase.isPending}
          error={erase.error}
          onGround={(ground) => erase.mutate(ground, { onSuccess: onErased })}
        />
      </Dialog>
    </>
  );
}

interface GroundedProps {
  said: string;
  /** What must be typed, where there is no way back. */
  typed?: string;
  submit: string;
  pending: boolean;
  error: unknown;
  onGround: (ground: Ground) => void;
}

function Grounded({ said, typed, submit, pending, error, onGround }: GroundedProps) {
  const { t } = useTranslation("support");
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { ground: "request" as Ground, typed: "" },
    validate: { typed: (value) => (typed && value.trim() !== typed ? t("people.typedWrong") : null) },
  });
  return (
    <Form form={form} onSubmit={({ ground }) => onGround(ground)} error={error} pending={pending} submit={submit}>
      <Stack>
        <Text size="sm">{said}</Text>
        <NativeSelect
          label={t("people.ground")}
          data={GROUNDS.map((value) => ({ value, label: t(`people.grounds.${value}`) }))}
          key={form.key("ground")}
          {...form.getInputProps("ground")}
        />
        {typed && (
          <TextInput
            autoComplete="off"
            label={t("people.typed")}
            description={typed}
            key={form.key("typed")}
            {...form.getInputProps("typed")}
          />
        )}
      </Stack>
    </Form>
  );
}
