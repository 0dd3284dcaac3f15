import { screen, within } from "@testing-library/react";
import { expect, test, vi } from "vitest";

import type { Schemas } from "@/lib/api/client";
import { visit } from "@/testing/render";
import { http, server } from "@/testing/server";

// The stream is the browser test's: jsdom has none of what it stands on.
vi.mock("@/lib/live", async (original) => ({ ...(await original<object>()), follow: () => undefined }));

const ID = `del_${"a".repeat(32)}`;
const soon = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();
const offer = (id: string, name: string, amount: number, minutes: number): Schemas["OfferView"] => ({
  id,
  carrier: "open_delivery",
  carrier_account: name.toLowerCase(),
  carrier_name: name,
  service: "motorbike",
  price: { amount, currency: "BRL" },
  delivery_eta_at: soon(minutes),
  expires_at: soon(10),
  guaranteed: false,
});
const quoted = (request: unknown) =>
  ({
    id: ID,
    status: "quoted",
    created_at: soon(0),
    updated_at: soon(0),
    choose_by: soon(5),
    request,
    offers: [offer("off_1", "Ligeiro", 1290, 60), offer("off_2", "Veloz", 2590, 20)],
    declined: [{ carrier: "uber_direct", carrier_account: "urbano", reason: "no_phone" }],
    allowed: ["accept", "quote_again"],
  }) as unknown as Schemas["DeliveryView"];

test("an address from its code, offers from one key however often it is asked, and what is left after a no", async () => {
  const asked: { key: string | null; body: Schemas["DeliveryCreate"] }[] = [];
  let made: Schemas["DeliveryView"] | undefined;
  server.use(
    http.get("/v1/deliveries", ({ response }) => response(200).json({ items: [], next: null })),
    http.get("/v1/places/cep/{cep}", ({ params, response }) =>
      response(200).json({
        street: params.cep === "01310200" ? "Avenida Paulista" : "Rua Augusta",
        district: "Bela Vista",
        city: "São Paulo",
        state: "SP",
        postal_code: params.cep,
      }),
    ),
    http.post("/v1/deliveries", async ({ request, response }) => {
      asked.push({ key: request.headers.get("Idempotency-Key"), body: await request.json() });
      if (asked.length === 1) {
        return response(503).json({ title: "", status: 503, code: "unavailable", detail: "" } as never, {
          headers: { "Retry-After": "0.01" },
        });
      }
      made = quoted(asked[1]?.body);
      return response(201).json(made);
    }),
    http.get("/v1/deliveries/{delivery_id}", ({ response }) =>
      made ? response(200).json(made) : response(404).json({} as never),
    ),
    http.post("/v1/deliveries/{delivery_id}/accept", async ({ request, response }) => {
      const { offer_id } = await request.json();
      return response(409).json({
        title: "",
        status: 409,
        code: "not_available",
        detail: "",
        reason: "carrier_refused",
        alternatives: ["off_1", "off_2"].filter((each) => each !== offer_id),
      } as never);
    }),
  );
  const { user } = visit("/deliveries/new");
  const from = within(await screen.findByRole("region", { name: "From" }));
  const to = within(screen.getByRole("region", { name: "To" }));
  expect(from.getByLabelText("Who sends it")).toHaveValue("Ana Souza");
  await user.type(from.getByLabelText("Postal code (CEP)"), "01310-200");
  expect(await from.findByText(/Avenida Paulista, Bela Vista/)).toBeVisible();
  await user.type(from.getByLabelText("Number"), "1578");
  await user.click(screen.getByRole("button", { name: "See offers" }));
  expect(to.getByLabelText("Who receives it")).toHaveFocus(); // the first that is wrong
  expect(asked).toHaveLength(0);
  await user.type(to.getByLabelText("Who receives it"), "Rui");
  await user.type(to.getByLabelText("Postal code (CEP)"), "01412100");
  expect(await to.findByText(/Rua Augusta/)).toBeVisible();
  await user.selectOptions(to.getByLabelText("Tell the recipient, with the link"), "Yes, by e-mail");
  await user.type(to.getByLabelText("Number"), "2200{Enter}");
  expect(to.getByLabelText("E-mail")).toHaveFocus(); // nobody is written to without one
  await user.type(to.getByLabelText("E-mail"), "rui@example.com{Enter}");

  const offers = within(await screen.findByRole("group", { name: "Offers" }));
  expect(asked).toHaveLength(2);
  expect(asked[0]?.key).toBe(asked[1]?.key);
  expect(asked[1]?.body.dropoff.address).toMatchObject({
    postal_code: "01412100",
    street: "Rua Augusta",
    number: "2200",
  });
  expect(asked[1]?.body).toMatchObject({
    notify_recipient: true,
    dropoff: { contact: { name: "Rui", email: "rui@example.com" } },
    pickup: { contact: { email: null } },
  });
  expect(asked[1]?.body.parcels[0]).toMatchObject({ description: "Small box", weight_g: 1000 });
  expect(offers.getByRole("radio", { name: /Ligeiro.*Cheapest/ })).not.toBeChecked();
  expect(offers.getByRole("radio", { name: /Veloz.*Best value.*Fastest/ })).toBeChecked();
  expect(screen.getByText("Wants a phone number at both ends")).toBeInTheDocument();

  await user.click(screen.getByRole("button", { name: /^Book Veloz/ }));
  expect(await screen.findByRole("alert")).toHaveTextContent("The carrier cannot take it now");
  expect(offers.getByRole("radio", { name: /Veloz/ })).toBeDisabled();
  expect(screen.getByRole("button", { name: /^Book Ligeiro/ })).toBeEnabled();
});
