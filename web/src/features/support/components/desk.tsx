/** A page of the support console: the others beside it, and the case that is worked on. */
import { TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { Page } from "@/ui/page";
import { Sections } from "@/ui/section";

import { isTicket, setTicket, useTicket } from "../ticket";
import classes from "./desk.module.css";

interface DeskProps {
  title: string;
  above?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

export function Desk({ title, above, actions, children }: DeskProps) {
  const { t } = useTranslation("support");
  const ticket = useTicket();
  return (
    <>
      <div className={classes.top}>
        <Sections
          label={t("title")}
          links={[
            { to: "/support", label: t("attention.title"), exact: true },
            { to: "/support/deliveries", label: t("search.title") },
            { to: "/support/carriers", label: t("carriers.title") },
            { to: "/support/rules", label: t("rules.title") },
            { to: "/support/areas", label: t("areas.title") },
            { to: "/support/audit", label: t("audit.title") },
            { to: "/support/people", label: t("people.title") },
          ]}
        />
        <TextInput
          size="xs"
          className={classes.ticket}
          label={t("ticket.label")}
          title={t("ticket.hint")}
          placeholder={t("ticket.none")}
          maxLength={64}
          value={ticket}
          error={isTicket(ticket) ? null : t("ticket.wrong")}
          onChange={({ target }) => setTicket(target.value)}
        />
      </div>
      <Page title={title} above={above} actions={actions}>
        {children}
      </Page>
    </>
  );
}
