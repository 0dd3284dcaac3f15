/** What a delivery is asked to do. Each answers with the delivery as it then stands; 202 means that the stream tells. */
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { answered, api, type Schemas } from "@/lib/api/client";
import { Unreachable } from "@/lib/api/problem";
import { useIntent } from "@/lib/intent";

import { keys, type Delivery } from "./queries";

export type Ask =
  | { ask: "accept"; body: Schemas["AcceptBody"] }
  | { ask: "quote-again" }
  | { ask: "cancel"; body: Schemas["CancelBody"] }
  | { ask: "decide"; body: Schemas["DecideBody"] }
  | { ask: "retry-booking"; body: Schemas["RetryBody"] }
  | { ask: "change-carrier"; body: Schemas["ChangeCarrierBody"] }
  | { ask: "force-status"; body: Schemas["ForceBody"] }
  | { ask: "clear-attention"; body: Schemas["ClearBody"] };

export function send(id: string, key: string, asked: Ask): Promise<Delivery> {
  const params = { path: { delivery_id: id }, header: { "Idempotency-Key": key } };
  switch (asked.ask) {
    case "accept":
      return answered(api.POST("/v1/deliveries/{delivery_id}/accept", { params, body: asked.body }));
    case "quote-again":
      return answered(api.POST("/v1/deliveries/{delivery_id}/quote-again", { params }));
    case "cancel":
      return answered(api.POST("/v1/deliveries/{delivery_id}/cancel", { params, body: asked.body }));
    case "decide":
      return answered(api.POST("/v1/deliveries/{delivery_id}/decide", { params, body: asked.body }));
    case "retry-booking":
      return answered(api.POST("/v1/deliveries/{delivery_id}/retry-booking", { params, body: asked.body }));
    case "change-carrier":
      return answered(api.POST("/v1/deliveries/{delivery_id}/change-carrier", { params, body: asked.body }));
    case "force-status":
      return answered(api.POST("/v1/deliveries/{delivery_id}/force-status", { params, body: asked.body }));
    case "clear-attention":
      return answered(api.POST("/v1/deliveries/{delivery_id}/clear-attention", { params, body: asked.body }));
  }
}

export function useAsk(id: string, then?: () => void) {
  const queries = useQueryClient();
  const { key, renew } = useIntent();
  return useMutation({
    mutationFn: (asked: Ask) => send(id, key, asked),
    onSuccess: (delivery) => {
      queries.setQueryData<Delivery>(keys.one(id), delivery);
      void queries.invalidateQueries({ queryKey: ["deliveries"], predicate: ({ queryKey }) => queryKey[2] === id });
      then?.();
    },
    // Without an answer the same may have been done: tried again it must be the same request.
    onSettled: (_, error) => {
      if (!(error instanceof Unreachable)) renew();
    },
  });
}
