/** What is wrong with a file, line by line. */
import { Alert, Table, Text } from "@mantine/core";
import { IconAlertCircle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import type { Refused } from "@/lib/api/problem";
import { useFormat } from "@/lib/format";

import classes from "./line-problems.module.css";

interface LineProblem {
  line: number;
  column?: string | null;
  code: string;
  detail: string;
}

export function LineProblems({ refused }: { refused: Refused }) {
  const { t, i18n } = useTranslation("imports");
  const format = useFormat();
  // The document's own list is of fields; this problem's is of lines.
  const problems = (refused.problem.errors ?? []) as unknown as LineProblem[];
  const count = typeof refused.problem.wrong === "number" ? refused.problem.wrong : problems.length;
  const say = ({ code, detail }: LineProblem) =>
    i18n.exists(`wrong.${code}`, { ns: "imports" }) ? t(`wrong.${code as "missing"}`) : detail;
  return (
    <div>
      <Alert role="alert" color="red" variant="light" icon={<IconAlertCircle size={18} />} title={t("wrong.title")}>
        {t("wrong.detail", { count })}
      </Alert>
      <div className={classes.frame}>
        <Table verticalSpacing="xs" stickyHeader>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("wrong.line")}</Table.Th>
              <Table.Th>{t("wrong.column")}</Table.Th>
              <Table.Th>{t("wrong.what")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {problems.map((problem, index) => (
              <Table.Tr key={index}>
                <Table.Td>{format.number(problem.line)}</Table.Td>
                <Table.Td>{problem.column ?? ""}</Table.Td>
                <Table.Td>{say(problem)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
      {count > problems.length && (
        <Text size="xs" c="dimmed" mt="xs">
          {t("wrong.more", { count: count - problems.length })}
        </Text>
      )}
    </div>
  );
}
