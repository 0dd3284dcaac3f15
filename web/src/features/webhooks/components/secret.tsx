/** A secret in the open, to be copied; while one is rotated, both. */
import { Button, CopyButton, Text } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import type { Schemas } from "@/lib/api/client";
import { useFormat } from "@/lib/format";

import classes from "./secret.module.css";

export function Secret({ value, name }: { value: string; name: string }) {
  const { t } = useTranslation("webhooks");
  return (
    <div className={classes.secret} role="group" aria-label={name}>
      <code>{value}</code>
      <CopyButton value={value}>
        {({ copied, copy }) => (
          <Button
            variant="default"
            size="compact-sm"
            leftSection={copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />}
            onClick={copy}
          >
            {t(copied ? "secret.copied" : "secret.copy")}
          </Button>
        )}
      </CopyButton>
    </div>
  );
}

export function Secrets({ secrets }: { secrets: Schemas["EndpointSecret"] }) {
  const { t } = useTranslation("webhooks");
  const format = useFormat();
  const { current, previous, previous_until } = secrets;
  return (
    <div className={classes.many}>
      <Secret value={current} name={t("secret.current")} />
      {previous && previous_until && (
        <>
          <Text size="sm" c="dimmed">
            {t("secret.both", { at: format.dateTime(previous_until) })}
          </Text>
          <Secret value={previous} name={t("secret.previous")} />
        </>
      )}
    </div>
  );
}
