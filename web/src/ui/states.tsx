/** The states that every page draws: nothing yet, and something failed. Loading is drawn by skeletons in place. */
import { Button, Text } from "@mantine/core";
import { IconCloudOff, IconInbox } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useExplain } from "@/lib/explain";

import classes from "./states.module.css";

interface EmptyProps {
  title: string;
  detail?: string;
  icon?: ReactNode;
  action?: ReactNode;
}

/** Nothing is here yet, and what to do about it. */
export function Empty({ title, detail, icon, action }: EmptyProps) {
  return (
    <div className={classes.state}>
      <span className={classes.mark} aria-hidden>
        {icon ?? <IconInbox size={22} />}
      </span>
      <Text fw={600}>{title}</Text>
      {detail && <Text className={classes.detail}>{detail}</Text>}
      {action}
    </div>
  );
}

interface FailureProps {
  title: string;
  error: unknown;
  onRetry?: () => void;
}

/** What happened, said once to screen readers too, and a way to try again. */
export function Failure({ title, error, onRetry }: FailureProps) {
  const { t } = useTranslation();
  const { said, request } = useExplain()(error);
  return (
    <div className={classes.state} role="alert">
      <span className={classes.mark} aria-hidden>
        <IconCloudOff size={22} />
      </span>
      <Text fw={600}>{title}</Text>
      <Text className={classes.detail}>{said}</Text>
      {request && (
        <Text size="xs" c="dimmed">
          {request}
        </Text>
      )}
      {onRetry && (
        <Button variant="default" mt="xs" onClick={onRetry}>
          {t("retry")}
        </Button>
      )}
    </div>
  );
}
