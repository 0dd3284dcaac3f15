import { Loader } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useExplain } from "@/lib/explain";
import { ButtonLink } from "@/ui/links";

import { linkToken, OneThing } from "../components/card";
import { verifyQuery } from "../queries";

/** Where the letter's link leads: it is followed at once. */
export function VerifyEmailPage() {
  const { t } = useTranslation("users");
  const explain = useExplain();
  const [token] = useState(linkToken);
  const { isSuccess, error } = useQuery({ ...verifyQuery(token ?? ""), enabled: token !== null });
  const onward = (
    <ButtonLink to="/deliveries" fullWidth>
      {t("verify.continue")}
    </ButtonLink>
  );
  if (token === null || error) {
    return (
      <OneThing title={t("verify.title")} detail={error ? explain(error).said : t("verify.noLink")}>
        {onward}
      </OneThing>
    );
  }
  return isSuccess ? (
    <OneThing title={t("verify.done")} detail={t("verify.doneDetail")}>
      {onward}
    </OneThing>
  ) : (
    <OneThing title={t("verify.title")} detail={t("verify.working")}>
      <Loader aria-label={t("verify.working")} />
    </OneThing>
  );
}
