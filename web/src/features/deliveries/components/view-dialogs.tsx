/** Naming a view, and deleting one. */
import { Button, Checkbox, Group, Text, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Schemas } from "@/lib/api/client";
import { FormError } from "@/ui/form-error";

import type { Filter } from "../filter";
import { useDeleteView, useSaveView } from "../views";
import { Dialog } from "./dialogs";

export function SaveView({ filter, onClose }: { filter: Filter; onClose: () => void }) {
  const { t } = useTranslation("deliveries");
  const [name, setName] = useState("");
  const [shared, setShared] = useState(false);
  const [missing, setMissing] = useState(false);
  const save = useSaveView(onClose);
  return (
    <Dialog title={t("views.saveTitle")} onClose={onClose}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          setMissing(!name.trim());
          if (name.trim()) save.mutate({ name: name.trim(), shared, filter });
        }}
      >
        <TextInput
          data-autofocus
          label={t("views.name")}
          maxLength={80}
          value={name}
          error={missing && t("views.nameMissing")}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
        <Checkbox
          mt="md"
          label={t("views.shared")}
          checked={shared}
          onChange={({ currentTarget }) => setShared(currentTarget.checked)}
        />
        <FormError error={save.error} />
        <Group justify="flex-end" mt="lg">
          <Button type="submit" loading={save.isPending}>
            {t("views.save")}
          </Button>
        </Group>
      </form>
    </Dialog>
  );
}

export function DeleteView({ view, onClose }: { view: Schemas["SavedView"]; onClose: () => void }) {
  const { t } = useTranslation(["deliveries", "app"]);
  const go = useNavigate();
  const remove = useDeleteView(() => {
    onClose();
    void go({ to: "/deliveries", search: {} });
  });
  return (
    <Dialog title={t("views.removeTitle", { name: view.name })} onClose={onClose}>
      <Text size="sm">{t("views.removeDetail")}</Text>
      <FormError error={remove.error} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {t("app:cancel")}
        </Button>
        <Button color="red.9" loading={remove.isPending} onClick={() => remove.mutate(view.id)}>
          {t("views.removeDo")}
        </Button>
      </Group>
    </Dialog>
  );
}
