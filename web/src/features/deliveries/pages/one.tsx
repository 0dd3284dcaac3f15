import { Button, CopyButton, Group, Skeleton, Text, Title } from "@mantine/core";
import { IconCheck, IconLink } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import { lazy, Suspense, useId, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useDrawn } from "@/lib/drawn";
import { useSession } from "@/lib/session";
import { ButtonLink, TextLink } from "@/ui/links";
import { Card, Page } from "@/ui/page";
import { InSlices } from "@/ui/slices";
import { Failure } from "@/ui/states";

import { Actions } from "../components/actions";
import { AttentionBanner } from "../components/attention";
import { DeliveryMap, MapSkeleton } from "../components/map";
import { Offers } from "../components/offers";
import { StatusBadge } from "../components/status-badge";
import { Promised, ProofCard, Summary } from "../components/summary";
import { Timeline, TimelineSkeleton } from "../components/timeline";
import { place } from "../naming";
import { isStaff } from "../permits";
import { deliveryQuery, type Delivery } from "../queries";
import classes from "./one.module.css";

const route = getRouteApi("/app/deliveries/$deliveryId");
const MoneyLines = lazy(() => import("../components/money").then((made) => ({ default: made.MoneyLines })));
const Steering = lazy(() => import("../components/steering").then((made) => ({ default: made.Steering })));

export function DeliveryPage() {
  const { t } = useTranslation("deliveries");
  const { deliveryId } = route.useParams();
  const { data, error, refetch } = useDrawn(deliveryQuery(deliveryId));
  const delivery = data?.id === deliveryId ? data : undefined;
  const staff = isStaff(useSession());
  const back = (
    <Text size="sm" mb="xs">
      <TextLink to="/deliveries" search={{}}>
        {t("title")}
      </TextLink>
    </Text>
  );
  if (error && !data) {
    return (
      <Page title={t("one")} above={back}>
        <Failure title={t("oneFailed")} error={error} onRetry={() => void refetch()} />
      </Page>
    );
  }
  // What is to be done stands first.
  const choosing = delivery?.status === "quoting" || delivery?.status === "quoted";
  const offers = delivery && (
    <Part title={t("offers.title")} id="offers">
      <Offers delivery={delivery} />
    </Part>
  );
  return (
    <Page
      title={delivery ? place(delivery.request.dropoff) : t("one")}
      above={back}
      actions={delivery ? <Head delivery={delivery} /> : <Skeleton height={30} width={280} />}
    >
      {delivery && <AttentionBanner delivery={delivery} />}
      {/* The heading first: what a phone draws below it takes as long as all before. */}
      <InSlices key={deliveryId} meanwhile={<Skeleton height={320} />}>
        <div className={classes.columns}>
          <div className={classes.column}>
            {choosing && offers}
            <Card label={t("map.title")}>{delivery ? <DeliveryMap delivery={delivery} /> : <MapSkeleton />}</Card>
            <Part title={t("timeline.title")}>
              <InSlices meanwhile={<TimelineSkeleton />}>
                <Timeline deliveryId={deliveryId} />
              </InSlices>
            </Part>
            <Part title={t("money.title")}>
              <Suspense fallback={<Skeleton m="lg" height={48} width="auto" />}>
                <MoneyLines deliveryId={deliveryId} />
              </Suspense>
            </Part>
          </div>
          <div className={classes.column}>
            <Part title={t("facts.promise")}>
              {delivery ? <Promised delivery={delivery} /> : <Skeleton m="lg" height={96} width="auto" />}
            </Part>
            {/* The rest comes as a whole: skeletons of other heights would only be moved about. */}
            {delivery && (
              <InSlices>
                {delivery.proof && (
                  <Part title={t("proof.title")}>
                    <ProofCard proof={delivery.proof} />
                  </Part>
                )}
                <Part title={t("action.heading")}>
                  <Actions delivery={delivery} />
                </Part>
                {staff && (
                  <Part title={t("steer.title")}>
                    <Suspense fallback={<Skeleton m="lg" height={96} width="auto" />}>
                      <Steering delivery={delivery} />
                    </Suspense>
                  </Part>
                )}
                <Part title={t("facts.title")}>
                  <Summary delivery={delivery} />
                </Part>
                {!choosing && offers}
              </InSlices>
            )}
          </div>
        </div>
      </InSlices>
    </Page>
  );
}

function Head({ delivery }: { delivery: Delivery }) {
  const { t } = useTranslation("deliveries");
  return (
    <Group gap="md">
      <StatusBadge status={delivery.status} />
      <ButtonLink variant="default" size="xs" to="/deliveries/new" search={{ from: delivery.id }}>
        {t("repeat")}
      </ButtonLink>
      {delivery.tracking_url && (
        <CopyButton value={delivery.tracking_url}>
          {({ copied, copy }) => (
            <Button
              variant="default"
              size="xs"
              leftSection={copied ? <IconCheck size={16} /> : <IconLink size={16} />}
              onClick={copy}
            >
              <span aria-live="polite">{t(copied ? "copied" : "copyLink")}</span>
            </Button>
          )}
        </CopyButton>
      )}
    </Group>
  );
}

function Part({ title, id, children }: { title: string; id?: string; children: ReactNode }) {
  const own = useId();
  return (
    <Card labelledBy={own} id={id}>
      <Title order={2} p="lg" pb={0} id={own}>
        {title}
      </Title>
      {children}
    </Card>
  );
}
