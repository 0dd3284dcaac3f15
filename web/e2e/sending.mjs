/**
 * A new user sends something, counted by keystrokes and seconds; the recipient follows it on the public page to the
 * door; a carrier that says no leaves the others to choose from; what it costs is asked and sent; all on a phone too.
 *
 * Started by tests/system/test_web.py, and speaks with it as `journey.mjs` does.
 */
import assert from "node:assert/strict";

import { examine, need, open, problems, SIZES, told } from "./browser.mjs";

const PASSWORD = "uma frase que ninguem adivinha";
const A_MINUTE_MS = 60_000;
const email = `bia-${Date.now()}@example.com`;

const { page } = await open();
await told(async () => {
  await page.goto("/register");
  await page.getByLabel("Nome").fill("Bia Lima");
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Senha", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Criar conta" }).click();
  await page.getByRole("heading", { name: "Quase lá" }).waitFor();
  const { link } = await need("letter", { to: email });
  await page.goto(link);
  await page.getByRole("link", { name: "Continuar" }).click();
  await page.getByRole("main").getByRole("link", { name: "Nova entrega" }).click();

  // By the keyboard alone, as fast as the page lets one: what is typed is counted.
  await page.getByRole("heading", { level: 1, name: "Nova entrega" }).waitFor();
  const begun = Date.now();
  let keys = 0;
  const type = async (text) => {
    keys += text.length;
    await page.keyboard.type(text);
  };
  const press = async (...names) => {
    for (const name of names) {
      keys += 1;
      await page.keyboard.press(name);
    }
  };
  const focused = (label) =>
    page.waitForFunction((name) => document.activeElement?.labels?.[0]?.textContent === name, label);
  await focused("Quem envia");
  await press("Tab");
  await type("11999990000");
  await press("Tab");
  await type("01310200");
  await focused("Número"); // the code told the street, and the focus went on
  await type("1578");
  await press("Tab", "Tab", "Tab", "Tab"); // over complement, correction and instructions
  await focused("Quem recebe");
  await type("Ana");
  await press("Tab");
  await type("11988880000");
  await press("Tab");
  await type("01412100");
  await focused("Número");
  await type("2200");
  const filled = Date.now();
  await examine(page, "new", "pt");
  const sent = Date.now();
  await press("Enter");
  await page.getByRole("radio").first().waitFor();
  const offers = page.getByRole("group", { name: "Ofertas" });
  await offers.getByText("Mais barata").waitFor();
  const offered = Date.now();
  await press("Enter"); // the best value is chosen already
  await page.waitForURL(/\/deliveries\/del_[0-9a-f]{32}$/);
  const took = filled - begun + (Date.now() - sent);
  console.error(
    `new delivery: ${keys} keys, ${took} ms in all, of which ${offered - sent} ms for the carriers' answers`,
  );
  if (took > A_MINUTE_MS) problems.push(`sending took ${took} ms`);

  // The recipient's page: nobody's session, live to the door.
  const id = page.url().split("/").pop();
  const { link: tracking } = await need("tracking", { id, email, password: PASSWORD });
  const recipient = await open({ viewport: SIZES.phone });
  await recipient.page.goto(tracking);
  await recipient.page.getByRole("heading", { level: 1 }).waitFor();
  assert.equal(new URL(recipient.page.url()).pathname.startsWith("/track/trk_"), true);
  await examine(recipient.page, "track", "pt");
  await recipient.page.setViewportSize(SIZES.phone);
  await recipient.page.getByRole("heading", { level: 1, name: "Foi entregue" }).waitFor({ timeout: 200_000 });
  const text = await recipient.page.innerText("body");
  for (const personal of ["Ana", "Bia", "Augusta", "Paulista", "2200", "99999"]) assert(!text.includes(personal));
  await recipient.page.getByRole("button", { name: "English" }).click();
  await recipient.page.getByRole("heading", { level: 1, name: "It was delivered" }).waitFor();
  await examine(recipient.page, "track", "en");
  await recipient.page.goto(`/track/trk_${"A".repeat(43)}`);
  await recipient.page.getByText("There is no such delivery").waitFor();
  await recipient.context.close();

  // Again, on a phone and in English: prices first, then the same form with what was written there.
  await page.setViewportSize(SIZES.phone);
  await page.getByRole("button", { name: "Idioma" }).click();
  await page.getByRole("menuitemradio", { name: "English" }).click();
  await page.getByRole("button", { name: "Language" }).waitFor();
  await page.goto("/quotes");
  const codes = page.getByLabel("Postal code (CEP)");
  await codes.first().fill("01310-200");
  await page.getByText("Avenida Paulista, Bela Vista").waitFor();
  await codes.last().fill("04551-060");
  await page.getByText("Rua Funchal, Vila Olímpia").waitFor();
  await page.getByRole("button", { name: "See prices" }).click();
  await page.getByRole("button", { name: "Send this" }).waitFor();
  await examine(page, "prices", "en");
  await page.setViewportSize(SIZES.phone);
  await page.getByRole("button", { name: "Send this" }).click();
  await page.getByRole("heading", { level: 1, name: "New delivery" }).waitFor();
  await page.getByText("Rua Funchal, Vila Olímpia").waitFor();

  // Repeated from the past one: everything is there, and who is chosen says no.
  await page.goto(`/deliveries/new?from=${id}`);
  await page.getByRole("heading", { level: 1, name: "Send again" }).waitFor();
  await page.getByLabel("E-mail").fill("ana@example.com");
  await page.getByLabel("Tell the recipient, with the link").selectOption("Yes, by e-mail");
  await examine(page, "repeat", "en");
  await page.setViewportSize(SIZES.phone);
  await page.getByRole("button", { name: "See offers" }).click();
  const choice = page.getByRole("group", { name: "Offers" });
  await choice.getByRole("radio", { name: "Ligeiro" }).check();
  await need("refuses", { provider: "ligeiro" });
  await page.getByRole("button", { name: /^Book Ligeiro/ }).click();
  await page.getByText("The others are still possible: take one of them.").waitFor();
  assert(await choice.getByRole("radio", { name: "Ligeiro" }).isDisabled());
  await page.getByRole("button", { name: /^Book / }).waitFor();
  await page.screenshot({ path: new URL("../shots/refused-en-light-phone.png", import.meta.url).pathname });
  await page.getByRole("button", { name: /^Book / }).click();
  await page.waitForURL(/\/deliveries\/del_[0-9a-f]{32}$/);
});
