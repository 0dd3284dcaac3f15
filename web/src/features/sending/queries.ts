/** What is asked while something is sent: prices, the delivery itself, its offers, addresses. */
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { answered, api, type Schemas } from "@/lib/api/client";
import { passes, Refused } from "@/lib/api/problem";

import { keys, type Delivery } from "../deliveries/queries";

export type Price = Schemas["PriceView"];
export type Offer = Schemas["OfferView"];

const LATELY = 100;
const TRIES = 12;
const LONGEST_MS = 5000;

/** The newest deliveries, whose stops are the address book. */
export const bookQuery = queryOptions({
  queryKey: ["sending", "book"],
  queryFn: async ({ signal }) =>
    (await answered(api.GET("/v1/deliveries", { params: { query: { limit: LATELY } }, signal }))).items,
  staleTime: 5 * 60_000,
});

export const cepQuery = (cep: string) =>
  queryOptions({
    queryKey: ["places", "cep", cep],
    queryFn: ({ signal }) => answered(api.GET("/v1/places/cep/{cep}", { params: { path: { cep } }, signal })),
    staleTime: Infinity,
    retry: false,
  });

/** Asked again under the same key while the server says so, or says nothing: carriers take their time. */
const patient = {
  retry: (failures: number, error: unknown) => failures < TRIES && passes(error),
  retryDelay: (failures: number, error: unknown) =>
    error instanceof Refused && error.retryAfter ? error.retryAfter * 1000 : Math.min(500 * 2 ** failures, LONGEST_MS),
};

interface Keyed<B> {
  body: B;
  key: string;
}

export function useCreate() {
  const queries = useQueryClient();
  return useMutation({
    ...patient,
    mutationFn: ({ body, key }: Keyed<Schemas["DeliveryCreate"]>) =>
      answered(api.POST("/v1/deliveries", { body, params: { header: { "Idempotency-Key": key } } })),
    onSuccess: (delivery) => {
      queries.setQueryData<Delivery>(keys.one(delivery.id), delivery);
      void queries.invalidateQueries({ queryKey: keys.lists });
    },
  });
}

export function useAccept(id: string) {
  const queries = useQueryClient();
  return useMutation({
    ...patient,
    mutationFn: ({ body, key }: Keyed<Schemas["AcceptBody"]>) =>
      answered(
        api.POST("/v1/deliveries/{delivery_id}/accept", {
          body,
          params: { path: { delivery_id: id }, header: { "Idempotency-Key": key } },
        }),
      ),
    onSuccess: (delivery) => {
      queries.setQueryData<Delivery>(keys.one(id), delivery);
      void queries.invalidateQueries({ queryKey: keys.lists });
    },
  });
}

export function useQuoteAgain(id: string) {
  const queries = useQueryClient();
  return useMutation({
    ...patient,
    mutationFn: (key: string) =>
      answered(
        api.POST("/v1/deliveries/{delivery_id}/quote-again", {
          params: { path: { delivery_id: id }, header: { "Idempotency-Key": key } },
        }),
      ),
    onSuccess: (delivery) => queries.setQueryData<Delivery>(keys.one(id), delivery),
  });
}

export const usePrices = () =>
  useMutation({ mutationFn: (body: Schemas["PriceCheck"]) => answered(api.POST("/v1/quotes", { body })) });
