/** What asks before it is done, and what is filled in apart from the page. */
import { Button, Group, Modal, Text, type ButtonProps } from "@mantine/core";
import type { UseMutationResult } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import classes from "./dialog.module.css";
import { FormError } from "./form-error";

interface DialogProps {
  title: string;
  opened: boolean;
  onClose: () => void;
  size?: string;
  children: ReactNode;
}

export function Dialog({ title, opened, onClose, size, children }: DialogProps) {
  const { t } = useTranslation();
  return (
    <Modal.Root opened={opened} onClose={onClose} size={size} centered lockScroll={false}>
      <Modal.Overlay />
      <Modal.Content>
        {/* Mantine's own would be another banner of the page. */}
        <div className={classes.head}>
          <Modal.Title>{title}</Modal.Title>
          <Modal.CloseButton aria-label={t("close")} />
        </div>
        <Modal.Body>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

interface ConfirmProps<V> extends Pick<ButtonProps, "variant" | "color" | "size"> {
  label: string;
  /** For screen readers, where the label alone does not say which. */
  name?: string;
  title: string;
  detail: string;
  confirm: string;
  mutation: UseMutationResult<unknown, Error, V>;
  variables: V;
  disabled?: boolean;
}

/** A button whose deed wants a second yes. */
export function ConfirmButton<V>(props: ConfirmProps<V>) {
  const { label, name, title, detail, confirm, mutation, variables, variant = "default", ...looks } = props;
  const { t } = useTranslation();
  const [opened, setOpened] = useState(false);
  const [failed, setFailed] = useState<unknown>(null);
  const close = () => {
    setOpened(false);
    setFailed(null);
  };
  return (
    <>
      <Button size="xs" variant={variant} aria-label={name} onClick={() => setOpened(true)} {...looks}>
        {label}
      </Button>
      <Dialog title={title} opened={opened} onClose={close}>
        <Text size="sm">{detail}</Text>
        <FormError error={failed} />
        <Group justify="flex-end" mt="lg">
          <Button variant="default" onClick={close}>
            {t("cancel")}
          </Button>
          <Button
            color="red.9"
            loading={mutation.isPending}
            data-autofocus
            onClick={() => mutation.mutate(variables, { onSuccess: close, onError: setFailed })}
          >
            {confirm}
          </Button>
        </Group>
      </Dialog>
    </>
  );
}
