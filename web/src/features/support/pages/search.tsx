import { Button, Group, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconSearch } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import { Empty } from "@/ui/states";

import { Desk } from "../components/desk";
import { Found } from "../components/found";
import { searchQuery } from "../queries";

const route = getRouteApi("/app/support/deliveries");

export function SearchPage() {
  const { t } = useTranslation("support");
  const { text, organisation } = route.useSearch();
  const go = route.useNavigate();
  const query = useInfiniteQuery(searchQuery({ text, organisation }));
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { text: text ?? "", organisation: organisation ?? "" },
    validate: {
      text: (value) => (value.trim().length === 1 ? t("search.short") : null),
      organisation: (value) => (/^(org_[0-9a-z]{1,64})?$/.test(value.trim()) ? null : t("search.organisationWrong")),
    },
  });
  const search = (given: typeof form.values) =>
    void go({ search: { text: given.text.trim() || undefined, organisation: given.organisation.trim() || undefined } });
  return (
    <Desk title={t("search.title")}>
      <form role="search" onSubmit={form.onSubmit(search)}>
        <Group align="flex-start" gap="sm">
          <TextInput
            flex="2 1 16rem"
            label={t("search.text")}
            description={t("search.textHint")}
            key={form.key("text")}
            {...form.getInputProps("text")}
          />
          <TextInput
            flex="1 1 12rem"
            label={t("search.organisation")}
            description={t("search.organisationHint")}
            key={form.key("organisation")}
            {...form.getInputProps("organisation")}
          />
        </Group>
        <Button type="submit" mt="sm" leftSection={<IconSearch size={16} />}>
          {t("search.submit")}
        </Button>
      </form>
      <Found
        label={t("search.results")}
        query={query}
        empty={<Empty icon={<IconSearch size={22} />} title={t("search.empty")} detail={t("search.emptyDetail")} />}
      />
    </Desk>
  );
}
