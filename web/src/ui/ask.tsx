/** Asks before what cannot be taken back, or holds a short form: one dialog, one verb. */
import { Button, Group, Modal, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { FormError } from "./form-error";

interface AskProps {
  opened: boolean;
  onClose: () => void;
  title: string;
  detail?: string;
  verb: string;
  /** What is taken back by nobody. */
  grave?: boolean;
  pending: boolean;
  error: unknown;
  onConfirm: () => void;
  children?: ReactNode;
}

export function Ask(props: AskProps) {
  const { opened, onClose, title, detail, verb, grave, pending, error, onConfirm, children } = props;
  const { t } = useTranslation();
  return (
    <Modal opened={opened} onClose={onClose} title={title} closeButtonProps={{ "aria-label": t("close") }}>
      {detail && (
        <Text size="sm" mb="md">
          {detail}
        </Text>
      )}
      {children}
      <FormError error={error} />
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose}>
          {t("cancel")}
        </Button>
        <Button color={grave ? "red.9" : undefined} loading={pending} onClick={onConfirm}>
          {verb}
        </Button>
      </Group>
    </Modal>
  );
}
