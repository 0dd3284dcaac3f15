import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconSearch, IconUserOff, IconUserSearch } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useRules } from "@/features/users/rules";
import type { Schemas } from "@/lib/api/client";
import { FormError } from "@/ui/form-error";
import { Section } from "@/ui/section";
import { Empty } from "@/ui/states";

import { Desk } from "../components/desk";
import { Person } from "../components/person";
import { useFind } from "../queries";

/** The address is no part of this page's own, which browsers remember. */
export function PeoplePage() {
  const { t } = useTranslation("support");
  const rules = useRules();
  const find = useFind();
  const [user, setUser] = useState<Schemas["UserView"] | null | undefined>();
  const [erased, setErased] = useState("");
  const form = useForm({ mode: "uncontrolled", initialValues: { email: "" }, validate: { email: rules.email } });
  return (
    <Desk title={t("people.title")}>
      <Section title={t("people.find")} detail={t("people.findDetail")}>
        <form
          role="search"
          noValidate
          onSubmit={form.onSubmit(({ email }) => find.mutate(email.trim(), { onSuccess: setUser }))}
        >
          <TextInput
            type="email"
            autoComplete="off"
            label={t("people.email")}
            key={form.key("email")}
            {...form.getInputProps("email")}
          />
          <FormError error={find.error} />
          <Button type="submit" mt="sm" loading={find.isPending} leftSection={<IconSearch size={16} />}>
            {t("search.submit")}
          </Button>
        </form>
      </Section>
      <div aria-live="polite">
        {user && (
          <Person
            key={user.id}
            user={user}
            onChange={setUser}
            onErased={() => {
              setErased(user.name);
              setUser(undefined);
              form.reset();
            }}
          />
        )}
        {user === undefined && erased && (
          <Empty
            icon={<IconUserOff size={22} />}
            title={t("people.erased", { name: erased })}
            detail={t("people.erasedDetail")}
          />
        )}
        {user === null && (
          <Empty icon={<IconUserSearch size={22} />} title={t("people.nobody")} detail={t("people.nobodyDetail")} />
        )}
      </div>
    </Desk>
  );
}
