/** Pages of many small matters: where else to go, and each matter with what it is about beside it. */
import { Text, Title } from "@mantine/core";
import { Link, type LinkProps } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { Card } from "./page";
import classes from "./section.module.css";

interface SectionsProps {
  label: string;
  links: { to: LinkProps["to"]; label: string; exact?: boolean }[];
}

/** The pages that belong together, as tabs are drawn; they are links. */
export function Sections({ label, links }: SectionsProps) {
  return (
    <nav className={classes.sections} aria-label={label}>
      {links.map(({ to, label: said, exact = false }) => (
        <Link key={to} to={to} activeOptions={{ exact }} activeProps={{ "aria-current": "page" }}>
          {said}
        </Link>
      ))}
    </nav>
  );
}

/** One matter: title and explanation beside (above, on a phone) what there is to do. `wide` gives it all the room. */
export function Section(props: {
  title: string;
  detail?: string;
  wide?: boolean;
  end?: ReactNode;
  children: ReactNode;
}) {
  const { title, detail, wide, end, children } = props;
  return (
    <Card label={title}>
      <div className={classes.section} data-wide={wide}>
        <div className={classes.about}>
          <div>
            <Title order={2}>{title}</Title>
            {detail && (
              <Text size="sm" c="dimmed" mt={4}>
                {detail}
              </Text>
            )}
          </div>
          {end}
        </div>
        <div className={classes.body}>{children}</div>
      </div>
    </Card>
  );
}
