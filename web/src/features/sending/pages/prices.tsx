import { Button, Stack, Text, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";

import { Form } from "@/ui/form";
import { Card, Page } from "@/ui/page";
import { Empty } from "@/ui/states";

import { Declined } from "../components/declined";
import layout from "../components/new-form.module.css";
import { PriceList } from "../components/offer-list";
import { ParcelFields } from "../components/parcel-fields";
import { PlaceFields } from "../components/place-fields";
import { ServiceOptions } from "../components/service-fields";
import { asRequest, noDraft, type Draft } from "../draft";
import { useNow } from "../now";
import { usePrices } from "../queries";
import { draftErrors, useDraftRules } from "../rules";

/** What it would cost, without any commitment: two postal codes and a size. */
export function PricesPage() {
  const { t } = useTranslation("sending");
  const go = useNavigate();
  const rules = useDraftRules();
  const prices = usePrices();
  const now = useNow();
  const answer = useRef<HTMLDivElement>(null);
  const form = useForm<Draft>({
    mode: "uncontrolled",
    initialValues: noDraft,
    validate: rules.place,
    onValuesChange: () => prices.reset(),
  });
  const submit = (draft: Draft) => {
    // Nobody is named and no door is told: a price needs neither.
    const someone = (end: Draft["pickup"]) => ({ ...end, name: t("prices.someone"), number: "S/N" });
    const whole = { ...draft, pickup: someone(draft.pickup), dropoff: someone(draft.dropoff) };
    const { service, pickup, dropoff, parcels } = asRequest(whole, t(`size.${draft.size}`));
    prices.mutate({ service, pickup, dropoff, parcels }, { onError: (error) => form.setErrors(draftErrors(error)) });
  };
  // On a phone they come below what is seen.
  useEffect(() => {
    if (prices.data) answer.current?.scrollIntoView({ block: "nearest" });
  }, [prices.data]);
  const send = () => void go({ to: "/deliveries/new", search: {}, state: { draft: form.getValues() } });
  return (
    <Page title={t("prices.title")}>
      <div className={layout.column}>
        <Stack>
          <Text c="dimmed">{t("prices.detail")}</Text>
          <Form
            form={form}
            onSubmit={submit}
            error={prices.error}
            pending={prices.isPending}
            submit={t("prices.submit")}
          >
            <Card label={t("prices.title")}>
              <div className={layout.part}>
                <div className={layout.ends}>
                  <Stack gap="xs">
                    <Title order={2}>{t("part.pickup")}</Title>
                    <PlaceFields form={form} end="pickup" brief autoFocus />
                  </Stack>
                  <Stack gap="xs">
                    <Title order={2}>{t("part.dropoff")}</Title>
                    <PlaceFields form={form} end="dropoff" brief />
                  </Stack>
                </div>
                <ParcelFields form={form} />
                <ServiceOptions form={form} />
              </div>
            </Card>
          </Form>
          <div aria-live="polite" ref={answer}>
            {prices.data && (
              <Stack>
                {prices.data.offers.length > 0 ? (
                  <>
                    <PriceList prices={prices.data.offers} now={now} />
                    <Button variant="default" onClick={send}>
                      {t("prices.send")}
                    </Button>
                  </>
                ) : (
                  <Empty title={t("nobody.title")} detail={t("nobody.detail")} />
                )}
                <Declined declined={prices.data.declined} open={prices.data.offers.length === 0} />
              </Stack>
            )}
          </div>
        </Stack>
      </div>
    </Page>
  );
}
