/** Staff: whose books are looked at; taken when one leaves the field or presses Enter. */
import { TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

interface OrganisationFieldProps {
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}

export function OrganisationField({ value, onChange }: OrganisationFieldProps) {
  const { t } = useTranslation("ledger");
  const [wrong, setWrong] = useState(false);
  const take = (text: string) => {
    const told = text.trim();
    const usable = told === "" || /^org_[0-9a-z]{1,64}$/.test(told);
    setWrong(!usable);
    if (usable && told !== (value ?? "")) onChange(told || undefined);
  };
  return (
    <TextInput
      key={value}
      label={t("organisation")}
      placeholder={t("organisationHint")}
      defaultValue={value}
      error={wrong && t("organisationWrong")}
      onBlur={({ target }) => take(target.value)}
      onKeyDown={(event) => event.key === "Enter" && take(event.currentTarget.value)}
    />
  );
}
