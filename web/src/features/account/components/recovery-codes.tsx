/** The codes that sign in once each instead of the app's: shown this once, so they are copied or kept as a file. */
import { Button, Group, Stack, Text } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import { Copy } from "@/ui/copyable";

import { saved } from "../download";
import classes from "./recovery-codes.module.css";

export function RecoveryCodes({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  const { t } = useTranslation("account");
  const text = codes.join("\n");
  return (
    <Stack>
      <Text size="sm">{t("codes.detail")}</Text>
      <ul className={classes.codes} aria-label={t("codes.title")}>
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <Group gap="xs">
        <Copy value={text} />
        <Button
          variant="default"
          leftSection={<IconDownload size={16} />}
          onClick={() => saved(new Blob([`${text}\n`], { type: "text/plain" }), "entrega-recovery-codes.txt")}
        >
          {t("codes.download")}
        </Button>
      </Group>
      <Button fullWidth onClick={onDone}>
        {t("codes.done")}
      </Button>
    </Stack>
  );
}
