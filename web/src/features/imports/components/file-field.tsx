/** A file by button or by dropping it; what was chosen is said. */
import { Button, Text } from "@mantine/core";
import { IconFileSpreadsheet } from "@tabler/icons-react";
import { useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { useFormat } from "@/lib/format";

import classes from "./file-field.module.css";

export function FileField({ file, onFile }: { file: File | null; onFile: (file: File) => void }) {
  const { t } = useTranslation("imports");
  const format = useFormat();
  const field = useRef<HTMLInputElement>(null);
  const said = useId();
  const [over, setOver] = useState(false);
  const take = (files: FileList | null) => {
    const first = files?.[0];
    if (first) onFile(first);
  };
  return (
    <div
      className={classes.drop}
      data-over={over}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer.files);
      }}
    >
      <IconFileSpreadsheet size={28} stroke={1.5} aria-hidden />
      <Text size="sm" id={said} aria-live="polite">
        {file ? t("file.chosen", { name: file.name, kb: format.number(Math.ceil(file.size / 1024)) }) : t("file.none")}
      </Text>
      <input
        ref={field}
        type="file"
        accept=".csv,text/csv"
        aria-label={t("file.label")}
        className={classes.field}
        tabIndex={-1}
        onChange={({ currentTarget }) => {
          take(currentTarget.files);
          currentTarget.value = ""; // the same file, mended, may be chosen again
        }}
      />
      <Button variant="default" size="xs" aria-describedby={said} onClick={() => field.current?.click()}>
        {t(file ? "file.other" : "file.choose")}
      </Button>
    </div>
  );
}
