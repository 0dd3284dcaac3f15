import { IconMap, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { useFormat } from "@/lib/format";
import { ButtonLink, TextLink } from "@/ui/links";
import { Item, Listed, Tag } from "@/ui/listed";
import { Section } from "@/ui/section";
import { Empty } from "@/ui/states";

import { Desk } from "../components/desk";
import { areasQuery, NEW } from "../areas";
import { AreasDrawing } from "../components/areas-drawing";

export function AreasPage() {
  const { t } = useTranslation("support");
  const format = useFormat();
  const { data, error, refetch } = useQuery(areasQuery);
  return (
    <Desk
      title={t("areas.title")}
      actions={
        <ButtonLink to="/support/areas/$areaId" params={{ areaId: NEW }} leftSection={<IconPlus size={16} />}>
          {t("areas.add")}
        </ButtonLink>
      }
    >
      {data && data.length > 0 && (
        <Section wide title={t("areas.drawing")} detail={t("areas.drawingDetail")}>
          <AreasDrawing areas={data} />
        </Section>
      )}
      <Section wide title={t("areas.which")} detail={t("areas.detail")}>
        <Listed
          label={t("areas.title")}
          items={data}
          idOf={({ id }) => id}
          error={error}
          failed={t("areas.failed")}
          onRetry={() => void refetch()}
          empty={<Empty icon={<IconMap size={22} />} title={t("areas.empty")} detail={t("areas.emptyDetail")} />}
        >
          {(area) => (
            <Item
              title={
                <>
                  <TextLink to="/support/areas/$areaId" params={{ areaId: area.id }}>
                    {area.name}
                  </TextLink>
                  <Tag tone={area.enabled ? "good" : "waiting"}>{t(area.enabled ? "areas.on" : "areas.off")}</Tag>
                </>
              }
              detail={[
                t("areas.capacityOf", {
                  count: area.capacity ?? 0,
                  number: format.number(area.capacity ?? 0),
                  minutes: format.number(area.window_minutes ?? 60),
                }),
                area.radius && t("areas.radiusOf", { km: format.number(area.radius.metres / 1000) }),
                (area.postal_ranges ?? []).length > 0 &&
                  t("areas.rangesOf", { count: area.postal_ranges?.length ?? 0 }),
                area.cut_off && t("areas.cutOffOf", { at: area.cut_off.slice(0, 5) }),
              ]
                .filter(Boolean)
                .join(" · ")}
            />
          )}
        </Listed>
      </Section>
    </Desk>
  );
}
