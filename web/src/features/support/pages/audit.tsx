import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconListSearch, IconSearch } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import { useFormat } from "@/lib/format";
import { usePaged } from "@/lib/paged";
import { TextLink } from "@/ui/links";
import { Item, Listed } from "@/ui/listed";
import { Card } from "@/ui/page";
import { Empty } from "@/ui/states";

import { Desk } from "../components/desk";
import found from "../components/found.module.css";
import { Json } from "../components/json";
import { auditQuery, type Audit } from "../queries";
import classes from "./audit.module.css";

const route = getRouteApi("/app/support/audit");
const NAMED = ["subject", "about", "actor", "kind"] as const;
const TIMES = ["since", "until"] as const;

export function AuditPage() {
  const { t } = useTranslation("support");
  const where = route.useSearch();
  const go = route.useNavigate();
  return (
    <Desk title={t("audit.title")}>
      <Filter
        key={JSON.stringify(where)}
        where={where}
        onSearch={(given) => void go({ search: { ...where, ...given } })}
      />
      <Card label={t("audit.lines")}>
        <div className={found.body}>
          <Lines where={where} />
        </div>
      </Card>
    </Desk>
  );
}

function Filter({ where, onSearch }: { where: Audit; onSearch: (where: Audit) => void }) {
  const { t } = useTranslation("support");
  const form = useForm({
    mode: "uncontrolled",
    initialValues: Object.fromEntries([...NAMED, ...TIMES].map((name) => [name, where[name] ?? ""])) as Record<
      keyof Audit,
      string
    >,
  });
  return (
    <form
      role="search"
      onSubmit={form.onSubmit((given) =>
        onSearch(Object.fromEntries(Object.entries(given).map(([name, value]) => [name, value.trim() || undefined]))),
      )}
    >
      <div className={classes.fields}>
        {NAMED.map((name) => (
          <TextInput
            key={form.key(name)}
            label={t(`audit.${name}`)}
            description={t(`audit.${name}Hint`)}
            {...form.getInputProps(name)}
          />
        ))}
        {TIMES.map((name) => (
          <TextInput
            key={form.key(name)}
            type="datetime-local"
            label={t(`audit.${name}`)}
            description={t(`audit.${name}Hint`)}
            {...form.getInputProps(name)}
          />
        ))}
      </div>
      <Button type="submit" mt="sm" leftSection={<IconSearch size={16} />}>
        {t("search.submit")}
      </Button>
    </form>
  );
}

function Lines({ where }: { where: Audit }) {
  const { t } = useTranslation("support");
  const format = useFormat();
  const query = useInfiniteQuery(auditQuery(where));
  const { items, more } = usePaged(query);
  return (
    <Listed
      label={t("audit.lines")}
      items={items}
      idOf={({ id }) => String(id)}
      error={query.error}
      failed={t("audit.failed")}
      onRetry={() => void query.refetch()}
      empty={<Empty icon={<IconListSearch size={22} />} title={t("audit.empty")} detail={t("audit.emptyDetail")} />}
      more={more}
    >
      {(line) => (
        <Item
          title={line.kind}
          detail={
            <>
              <TextLink to="/support/audit" search={{ subject: line.subject }}>
                {line.subject}
              </TextLink>
              {" · "}
              <TextLink to="/support/audit" search={{ actor: line.actor }}>
                {line.actor}
              </TextLink>
              {` · ${t("audit.number", { seq: line.seq })} · ${format.dateTime(line.at)}`}
            </>
          }
        >
          {Object.keys(line.data ?? {}).length > 0 && <Json label={t("audit.data")} value={line.data} />}
        </Item>
      )}
    </Listed>
  );
}
