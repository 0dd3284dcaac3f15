/** The pages of an organisation, side by side. */
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useSession } from "@/lib/session";
import { Page } from "@/ui/page";
import { Sections } from "@/ui/section";

import { organisationsQuery } from "../queries";

export function OrganisationPage({ title, children }: { title: string; children: ReactNode }) {
  const { t } = useTranslation("organisation");
  return (
    <Page title={title}>
      <Sections
        label={t("title")}
        links={[
          { to: "/organisation", label: t("title"), exact: true },
          { to: "/organisation/keys", label: t("keys.title") },
          { to: "/organisation/access", label: t("access.title") },
        ]}
      />
      {children}
    </Page>
  );
}

/** Where whoever is here acts now, and as what: as the server knows by now, else as their token says. */
export function useHere() {
  const session = useSession();
  const { data } = useQuery(organisationsQuery);
  const id = session?.organisationId ?? "";
  const membership = data?.find(({ organisation_id }) => organisation_id === id);
  const role = membership?.role ?? session?.orgRole;
  return { id, me: session?.userId ?? "", name: membership?.organisation_name, owns: role === "owner" };
}
