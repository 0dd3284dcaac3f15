import { Skeleton, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useRouterState } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { TextLink } from "@/ui/links";
import { Card, Page } from "@/ui/page";
import { Failure } from "@/ui/states";

import { deliveryQuery, type Delivery } from "../../deliveries/queries";
import { meQuery } from "../../users/queries";
import { Choosing } from "../components/choosing";
import { NewForm } from "../components/new-form";
import { addressBook, fromRequest, noDraft, type Draft } from "../draft";
import { bookQuery } from "../queries";

declare module "@tanstack/history" {
  interface HistoryState {
    /** What a price was asked for, to be sent now. In the history and not in the address: it is somebody's. */
    draft?: Partial<Draft>;
  }
}

const route = getRouteApi("/app/deliveries/new");

/** First the form; once carriers have been asked, their offers. */
export function NewDeliveryPage() {
  const { t } = useTranslation("sending");
  const { from, delivery } = route.useSearch();
  const above = (
    <Text size="sm" mb="xs">
      <TextLink to="/deliveries">{t("deliveries")}</TextLink>
    </Text>
  );
  if (delivery) return <Choosing key={delivery} id={delivery} />;
  return (
    <Page title={t(from ? "repeatTitle" : "title")} above={above}>
      <Starting key={from} from={from} />
    </Page>
  );
}

function Starting({ from }: { from: string | undefined }) {
  const { t } = useTranslation("sending");
  const past = useQuery({ ...deliveryQuery(from ?? ""), enabled: from !== undefined });
  const book = useQuery(bookQuery);
  const me = useQuery(meQuery);
  const carried = useRouterState({ select: ({ location }) => location.state.draft });
  if (from && past.isError) {
    return <Failure title={t("repeatFailed")} error={past.error} onRetry={() => void past.refetch()} />;
  }
  // Without the address book one can still write addresses.
  if (book.isPending || me.isPending || (from && !past.data)) return <Waiting />;
  return <Started past={past.data} carried={carried} book={book.data ?? []} name={me.data?.name ?? ""} />;
}

interface StartedProps {
  past: Delivery | undefined;
  carried: Partial<Draft> | undefined;
  book: Delivery[];
  name: string;
}

function Started({ past, carried, book, name }: StartedProps) {
  const pickups = addressBook(book, "pickup");
  const usual = pickups[0]?.stop ?? { ...noDraft.pickup, name };
  const [initial] = useState<Draft>(() =>
    past && !past.erased
      ? fromRequest(past.request)
      : {
          ...noDraft,
          ...carried,
          pickup: carried?.pickup ? { ...carried.pickup, name } : usual,
        },
  );
  return <NewForm initial={initial} pickups={pickups} dropoffs={addressBook(book, "dropoff")} />;
}

function Waiting() {
  return (
    <Stack aria-busy>
      {[160, 280, 140].map((height) => (
        <Card key={height}>
          <Skeleton height={height} />
        </Card>
      ))}
    </Stack>
  );
}
