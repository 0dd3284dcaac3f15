import { Stack, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { useIntent } from "@/lib/intent";
import { ButtonLink, TextLink } from "@/ui/links";
import { Card, Page } from "@/ui/page";

import { EndpointForm } from "../components/endpoint-form";
import { Secret } from "../components/secret";
import { useCreate } from "../queries";

export function NewEndpointPage() {
  const { t } = useTranslation("webhooks");
  const intent = useIntent();
  const create = useCreate(intent.key);
  const back = (
    <Text size="sm" mb="xs">
      <TextLink to="/webhooks">{t("title")}</TextLink>
    </Text>
  );
  const made = create.data;
  if (made) {
    return (
      <Page title={t("made.title")} above={back}>
        <Card label={t("secret.title")}>
          <Stack p="lg" maw="40rem">
            <Title order={2}>{t("secret.title")}</Title>
            <Text size="sm">{t("made.detail")}</Text>
            <Secret value={made.secret} name={t("secret.current")} />
            <ButtonLink to="/webhooks/$endpointId" params={{ endpointId: made.id }} mt="xs">
              {t("made.onward")}
            </ButtonLink>
          </Stack>
        </Card>
      </Page>
    );
  }
  return (
    <Page title={t("new.title")} above={back}>
      <Card label={t("new.title")}>
        <EndpointForm
          initial={{ url: "", events: [] }}
          submit={t("new.submit")}
          pending={create.isPending}
          error={create.error}
          onSubmit={(values, refused) =>
            create.mutate({ ...values, enabled: true }, { onSuccess: intent.renew, onError: refused })
          }
        />
      </Card>
    </Page>
  );
}
