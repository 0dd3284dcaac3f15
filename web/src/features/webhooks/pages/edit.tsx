import { Skeleton, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import { TextLink } from "@/ui/links";
import { Card, Page } from "@/ui/page";
import { Failure } from "@/ui/states";

import { EndpointForm } from "../components/endpoint-form";
import { endpointQuery, useUpdate } from "../queries";

const route = getRouteApi("/app/webhooks/$endpointId/edit");

export function EditEndpointPage() {
  const { t } = useTranslation("webhooks");
  const { endpointId } = route.useParams();
  const go = route.useNavigate();
  const { data: endpoint, error, refetch } = useQuery(endpointQuery(endpointId));
  const update = useUpdate(endpointId);
  return (
    <Page
      title={t("edit.title")}
      above={
        <Text size="sm" mb="xs">
          <TextLink to="/webhooks/$endpointId" params={{ endpointId }}>
            {endpoint?.description ?? t("one")}
          </TextLink>
        </Text>
      }
    >
      {error && !endpoint ? (
        <Failure title={t("oneFailed")} error={error} onRetry={() => void refetch()} />
      ) : (
        <Card label={t("edit.title")}>
          {endpoint ? (
            <EndpointForm
              initial={endpoint}
              submit={t("edit.submit")}
              pending={update.isPending}
              error={update.error}
              onSubmit={(values, refused) =>
                update.mutate(values, {
                  onSuccess: () => void go({ to: "/webhooks/$endpointId", params: { endpointId } }),
                  onError: refused,
                })
              }
            />
          ) : (
            <Skeleton m="lg" height={240} width="auto" />
          )}
        </Card>
      )}
    </Page>
  );
}
