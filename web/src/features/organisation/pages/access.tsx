import { IconEye } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { useFormat } from "@/lib/format";
import { usePaged } from "@/lib/paged";
import { Item, Listed } from "@/ui/listed";
import { Section } from "@/ui/section";
import { Empty } from "@/ui/states";

import { OrganisationPage, useHere } from "../components/frame";
import { accessesQuery } from "../queries";

const KINDS: Record<string, "read" | "decoded" | "exported"> = {
  "personal_data.read": "read",
  "payload.decoded": "decoded",
  "deliveries.exported": "exported",
  "tracking.exported": "exported",
  "user.exported": "exported",
};

export function AccessPage() {
  const { t } = useTranslation("organisation");
  const format = useFormat();
  const { id, owns } = useHere();
  const query = useInfiniteQuery({ ...accessesQuery(id), enabled: owns });
  const { items, more } = usePaged(query);
  return (
    <OrganisationPage title={t("access.title")}>
      {!owns ? (
        <Empty icon={<IconEye size={22} />} title={t("owners")} />
      ) : (
        <Section wide title={t("access.title")} detail={t("access.detail")}>
          <Listed
            label={t("access.title")}
            items={items}
            idOf={(one) => `${one.at} ${one.actor} ${one.subjects.join()}`}
            error={query.error}
            failed={t("access.failed")}
            onRetry={() => void query.refetch()}
            empty={<Empty icon={<IconEye size={22} />} title={t("access.empty")} detail={t("access.emptyDetail")} />}
            more={more}
          >
            {(one) => (
              <Item
                title={`${one.actor} ${t(`access.kind.${KINDS[one.kind] ?? "other"}`)}`}
                detail={[
                  format.dateTime(one.at),
                  ...(one.subjects.length ? [`${t("access.about")} ${one.subjects.join(", ")}`] : []),
                  ...(one.ticket ? [t("access.case", { ticket: one.ticket })] : []),
                ].join(" · ")}
              />
            )}
          </Listed>
        </Section>
      )}
    </OrganisationPage>
  );
}
