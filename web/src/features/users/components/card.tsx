/** The frame of a page of one form. */
import { Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

import { DocumentTitle } from "@/ui/page";

interface CardProps {
  title: string;
  detail?: string;
  children: ReactNode;
}

export function OneThing({ title, detail, children }: CardProps) {
  return (
    <>
      <DocumentTitle title={title} />
      <Title order={1} tabIndex={-1} mb={detail ? "xs" : "lg"}>
        {title}
      </Title>
      {detail && (
        <Text c="dimmed" mb="lg">
          {detail}
        </Text>
      )}
      {children}
    </>
  );
}

/** The `#token=…` of a letter's link, which no server gets to see. */
export const linkToken = (): string | null => new URLSearchParams(location.hash.slice(1)).get("token");
