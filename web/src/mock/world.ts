/** What a description cannot tell: who is signed in, and deliveries that differ. */
import { createOpenApiHttp } from "openapi-msw";

import type { paths } from "@/lib/api/schema";
import type { Schemas } from "@/lib/api/client";

import { example } from "./generated";

const http = createOpenApiHttp<paths>({ baseUrl: location.origin });
const ME = example("UserView", {
  id: "usr_1",
  organisation_id: "org_1",
  name: "Ana Souza",
  email: "ana@example.com",
  email_verified: true,
  role: "admin",
  disabled: false,
});
const claims = { sub: ME.id, org: ME.organisation_id, role: ME.role, org_role: "owner" };
const ticket: Schemas["AccessToken"] = {
  access_token: `h.${btoa(JSON.stringify(claims))}.s`,
  token_type: "Bearer",
  expires_in: 3600,
  second_factor_due: false,
};

const STREETS = ["Rua Oscar Freire", "Rua Augusta", "Rua Funchal", "Rua Harmonia", "Alameda Lorena", "Rua Vergueiro"];
const CARRIERS = ["Ligeiro", "Veloz", "Urbano"];
const LIFE = ["quoted", "booked", "picked_up", "out_for_delivery", "delivered", "attempt_failed"] as const;
const MINUTE_MS = 60_000;
const ago = (minutes: number) => new Date(Date.now() - minutes * MINUTE_MS).toISOString();

const deliveries = Array.from({ length: 24 }, (_, number): Schemas["DeliveryView"] => {
  const status = LIFE[number % LIFE.length] ?? "quoted";
  const made = example("DeliveryView", {
    id: `del_${String(number).padStart(32, "0")}`,
    status,
    attention: status === "attempt_failed" ? "decision_needed" : "none",
    created_at: ago(number * 37 + 5),
    updated_at: ago(number * 37),
    promised_at: ago(number * 37 - 40),
    eta_at: ago(number * 37 - 30),
    choose_by: ago(-20),
    ended_at: status === "delivered" ? ago(number * 37) : null,
    reason: null,
    ...(status === "delivered" ? {} : { proof: null }),
    erased: false,
    allowed: status === "quoted" ? ["accept", "quote_again", "cancel"] : ["cancel", "decide"],
    offers: CARRIERS.map((name, index) =>
      example("OfferView", {
        id: `off_${index}`,
        carrier: "open_delivery",
        carrier_account: name.toLowerCase(),
        carrier_name: name,
        price: { amount: 1290 + index * 440, currency: "BRL" },
        pickup_eta_at: ago(-20 + index * 4),
        delivery_eta_at: ago(-60 + index * 12),
        expires_at: ago(-20),
      }),
    ),
    courier: status === "out_for_delivery" ? { at: ago(1), latitude: -23.5589, longitude: -46.6612 } : null,
    points: {
      pickup: { latitude: -23.5614, longitude: -46.656 },
      dropoff: { latitude: -23.5629, longitude: -46.669 },
    },
  });
  made.request.reference = `NF-${1000 + number}`;
  made.request.dropoff.address = {
    ...made.request.dropoff.address,
    street: STREETS[number % STREETS.length] ?? "",
    number: String(100 + number * 7),
    latitude: null,
    longitude: null,
  };
  made.request.pickup.address = { ...made.request.pickup.address, latitude: null, longitude: null };
  return made;
});

export const world = [
  http.post("/v1/users/sign-in", ({ response }) => response(200).json(ticket)),
  http.post("/v1/users/refresh", ({ response }) => response(200).json(ticket)),
  http.get("/v1/users/me", ({ response }) => response(200).json(ME)),
  http.get("/v1/deliveries", ({ response }) => response(200).json({ items: deliveries, next: null })),
  http.get("/v1/deliveries/{delivery_id}", ({ params, response }) =>
    response(200).json(
      deliveries.find(({ id }) => id === params.delivery_id) ?? example("DeliveryView", { id: params.delivery_id }),
    ),
  ),
];
