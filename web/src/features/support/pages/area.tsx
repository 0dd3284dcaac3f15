import { Skeleton, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import { ConfirmButton } from "@/ui/dialog";
import { TextLink } from "@/ui/links";
import { Section } from "@/ui/section";
import { Failure } from "@/ui/states";

import { Desk } from "../components/desk";
import { areasQuery, NEW, useDeleteArea } from "../areas";
import { AreaForm } from "../components/area-form";

const route = getRouteApi("/app/support/areas/$areaId");

export function AreaPage() {
  const { t } = useTranslation("support");
  const { areaId } = route.useParams();
  const go = route.useNavigate();
  const { data, error, refetch } = useQuery(areasQuery);
  const back = () => void go({ to: "/support/areas" });
  const remove = useDeleteArea();
  const area = data?.find(({ id }) => id === areaId);
  const isNew = areaId === NEW;
  return (
    <Desk
      title={isNew ? t("areas.add") : (area?.name ?? t("areas.one"))}
      above={
        <Text size="sm" mb="xs">
          <TextLink to="/support/areas">{t("areas.title")}</TextLink>
        </Text>
      }
      actions={
        area && (
          <ConfirmButton
            size="sm"
            label={t("delete")}
            name={t("areas.deleteOf", { name: area.name })}
            title={t("areas.deleteOf", { name: area.name })}
            detail={t("areas.deleteDetail")}
            confirm={t("delete")}
            mutation={
              { ...remove, mutate: (id, then) => remove.mutate(id, { ...then, onSuccess: back }) } as typeof remove
            }
            variables={area.id}
          />
        )
      }
    >
      {isNew || area ? (
        <AreaForm key={areaId} id={areaId} area={area} onDone={back} />
      ) : error || data ? (
        <Failure title={t("areas.missing")} error={error} onRetry={() => void refetch()} />
      ) : (
        <Section wide title={t("areas.one")}>
          <Skeleton height={240} />
        </Section>
      )}
    </Desk>
  );
}
