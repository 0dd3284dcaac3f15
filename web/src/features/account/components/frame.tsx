/** The pages of one's account, side by side. */
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { Page } from "@/ui/page";
import { Sections } from "@/ui/section";

export function AccountPage({ title, children }: { title: string; children: ReactNode }) {
  const { t } = useTranslation(["account", "app"]);
  return (
    <Page title={title}>
      <Sections
        label={t("app:account")}
        links={[
          { to: "/account", label: t("profile.title"), exact: true },
          { to: "/account/security", label: t("security.title") },
          { to: "/account/notifications", label: t("notifications") },
          { to: "/account/privacy", label: t("privacy.title") },
        ]}
      />
      {children}
    </Page>
  );
}
