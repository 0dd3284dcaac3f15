/** A page: its document title, its heading (which gets the focus when one comes here), its actions. */
import { Title } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import classes from "./page.module.css";

/** Names the tab. */
export function DocumentTitle({ title }: { title: string }) {
  const { t } = useTranslation();
  return <title>{`${title} · ${t("name")}`}</title>;
}

interface PageProps {
  title: string;
  above?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

export function Page({ title, above, actions, children }: PageProps) {
  return (
    <div className={classes.page}>
      <DocumentTitle title={title} />
      <div>
        {above}
        <div className={classes.head}>
          <Title order={1} tabIndex={-1}>
            {title}
          </Title>
          {actions}
        </div>
      </div>
      {children}
    </div>
  );
}

interface CardProps {
  children: ReactNode;
  label?: string;
  labelledBy?: string;
  id?: string;
}

/** A surface on the page. */
export function Card({ children, label, labelledBy, id }: CardProps) {
  return (
    <section id={id} className={classes.card} aria-label={label} aria-labelledby={labelledBy}>
      {children}
    </section>
  );
}
