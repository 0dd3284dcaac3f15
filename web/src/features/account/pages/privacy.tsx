import { Button, Checkbox, Stack, Text } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { Dialog } from "@/ui/dialog";
import { Section } from "@/ui/section";

import { AccountPage } from "../components/frame";
import { Proof } from "../components/proof";
import { useErase, useExport } from "../queries";

export function PrivacyPage() {
  const { t } = useTranslation("account");
  const [open, setOpen] = useState<"export" | "erase" | null>(null);
  const close = () => setOpen(null);
  return (
    <AccountPage title={t("privacy.title")}>
      <Section title={t("export.title")} detail={t("export.detail")}>
        <Stack align="flex-start">
          <Text size="sm">{t("export.what")}</Text>
          <Button variant="default" onClick={() => setOpen("export")}>
            {t("export.submit")}
          </Button>
        </Stack>
      </Section>
      <Section title={t("erase.title")} detail={t("erase.detail")}>
        <Stack align="flex-start">
          <Text size="sm">{t("erase.what")}</Text>
          <Button variant="outline" color="red.9" c="var(--mantine-color-error)" onClick={() => setOpen("erase")}>
            {t("erase.submit")}
          </Button>
        </Stack>
      </Section>
      <Dialog title={t("export.title")} opened={open === "export"} onClose={close}>
        <Export onDone={close} />
      </Dialog>
      <Dialog title={t("erase.title")} opened={open === "erase"} onClose={close}>
        <Erase />
      </Dialog>
    </AccountPage>
  );
}

function Export({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation("account");
  const take = useExport();
  return (
    <Proof
      submit={t("export.submit")}
      pending={take.isPending}
      error={take.error}
      onProof={(proof, onError) => take.mutate(proof, { onSuccess: onDone, onError })}
    />
  );
}

function Erase() {
  const { t } = useTranslation("account");
  const go = useNavigate();
  const erase = useErase();
  const [sure, setSure] = useState(false);
  return (
    <Stack>
      <Text size="sm">{t("erase.warning")}</Text>
      <Checkbox label={t("erase.sure")} checked={sure} onChange={({ target }) => setSure(target.checked)} />
      {sure && (
        <Proof
          danger
          submit={t("erase.submit")}
          pending={erase.isPending}
          error={erase.error}
          onProof={(proof, onError) =>
            erase.mutate(proof, { onSuccess: () => void go({ to: "/sign-in", search: {} }), onError })
          }
        />
      )}
    </Stack>
  );
}
