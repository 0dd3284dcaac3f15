/**
 * The pictures of the README: `node e2e/pictures.mjs http://127.0.0.1:8000` beside a running `make up`, whose couriers ride
 * sixty times as fast as life.
 */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { statSync } from "node:fs";

import { open, SIZES, told } from "./browser.mjs";

const base = process.argv[2] ?? "http://127.0.0.1:8000";
const INTO = new URL("../../docs/images/", import.meta.url).pathname;
const LARGEST = 150_000;
const person = {
  email: `lia-${Date.now()}@example.com`,
  password: "uma frase que ninguem adivinha",
  name: "Lia Prado",
};
const stop = (name, street, number, district, postal_code) => ({
  contact: { name, phone: "+5511999990000" },
  address: { street, number, district, city: "São Paulo", state: "SP", postal_code },
});
const BAKERY = stop("Padaria do Bairro", "Avenida Paulista", "1578", "Bela Vista", "01310-200");
const TO = [
  ["Ana", "Rua Oscar Freire", "500", "Jardins", "01426-000"],
  ["Bruno", "Rua Augusta", "2200", "Cerqueira César", "01412-100"],
  ["Carla", "Rua Funchal", "263", "Vila Olímpia", "04551-060"],
];
const SCENARIOS = ["", "[sandbox:waits_for_decision]", "", "[sandbox:slow_pickup]", "", "", "[sandbox:returned]"];
const AGAIN_MS = 1000;

told(async () => {
  const { context, page } = await open({ baseURL: base, locale: "en" });
  const asked = async (method, path, token, data) => {
    const headers = { ...(token && { Authorization: `Bearer ${token}` }), "Idempotency-Key": randomUUID() };
    const answer = await context.request.fetch(path, { method, headers, data, maxRedirects: 0 });
    assert(answer.ok(), `${path} answered ${answer.status()}: ${await answer.text()}`);
    return answer.json();
  };
  const theme = (to) =>
    page.evaluate((name) => document.documentElement.setAttribute("data-mantine-color-scheme", name), to);
  async function picture(of, name) {
    await of.evaluate(() => document.fonts.ready);
    const path = `${INTO}${name}.png`;
    await of.screenshot({ path });
    assert(statSync(path).size < LARGEST, `${name} is ${statSync(path).size} bytes`);
  }

  await asked("POST", "/v1/users", null, { ...person, locale: "en" });
  const { access_token: token } = await asked("POST", "/v1/users/sign-in", null, {
    email: person.email,
    password: person.password,
  });
  const send = (number, instructions, choice) =>
    asked("POST", "/v1/deliveries", token, {
      reference: `NF-${2040 + number}`,
      pickup: BAKERY,
      dropoff: { ...stop(...TO[number % TO.length]), instructions },
      parcels: [{ description: "Bolo de cenoura", weight_g: 1500 }],
      ...(choice && { choice: { rule: choice } }),
    });
  const now = (id) => asked("GET", `/v1/deliveries/${id}`, token);
  const until = async (id, ...statuses) => {
    for (;;) {
      const { status } = await now(id);
      if (statuses.includes(status)) return;
      await new Promise((done) => setTimeout(done, AGAIN_MS));
    }
  };
  for (const [number, marks] of SCENARIOS.entries()) await send(number, marks, "cheapest");
  const { id: offered } = await send(8, "", null);

  await page.goto("/sign-in");
  await page.getByLabel("E-mail").fill(person.email);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { level: 1, name: "Deliveries" }).waitFor();

  await page.goto(`/deliveries/new?from=${offered}`);
  await page.getByRole("button", { name: "See offers" }).click();
  await page.getByRole("group", { name: "Offers" }).getByRole("radio").nth(2).waitFor();
  await page.getByRole("group", { name: "Offers" }).scrollIntoViewIfNeeded();
  await picture(page, "new-delivery");

  const { id } = await send(9, "", "cheapest");
  await until(id, "picked_up", "in_transit", "out_for_delivery", "delivered");
  await page.goto(`/deliveries/${id}`);
  await page.getByRole("listitem").filter({ hasText: "Picked up" }).first().waitFor();
  await page.getByText(/as the crow flies/).waitFor();
  await picture(page, "delivery");

  await page.goto("/deliveries");
  await page.getByRole("table").getByRole("link").first().waitFor();
  await theme("dark");
  await picture(page, "deliveries");

  const recipient = await open({ baseURL: base, viewport: SIZES.phone });
  await recipient.page.goto((await now(id)).tracking_url);
  await recipient.page.getByRole("list").first().waitFor();
  await picture(recipient.page, "tracking");
});
