/**
 * A person comes: registers, verifies, sees a delivery come and move without reloading, goes offline and back, signs out.
 *
 * Started by tests/system/test_web.py. It says `{"need": …}` on a line of its own where it needs something of the
 * other side, and reads the answer from a line of its input.
 */
import assert from "node:assert/strict";

import { examine, need, noneInVain, open, problems, scriptWeight, SIZES, told } from "./browser.mjs";

const PASSWORD = "uma frase que ninguem adivinha";
const BUDGET = 200 * 1000;
const email = `ana-${Date.now()}@example.com`;

const { context, page } = await open();
await told(async () => {
  await page.goto("/");
  await page.getByRole("heading", { name: "Entrar" }).waitFor();
  await examine(page, "sign-in", "pt");

  await page.getByRole("link", { name: "Criar conta" }).click();
  await page.getByRole("heading", { name: "Criar conta" }).waitFor();
  await examine(page, "register", "pt");
  await page.getByLabel("Nome").fill("Ana Souza");
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Senha", { exact: true }).fill("curta");
  await page.getByRole("button", { name: "Criar conta" }).click();
  await page.getByText("Pelo menos 15 caracteres").waitFor();
  await page.getByLabel("Senha", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Criar conta" }).click();
  await page.getByRole("heading", { name: "Quase lá" }).waitFor();

  const { link } = await need("letter", { to: email });
  await page.goto(link);
  await page.getByRole("heading", { name: "E-mail confirmado" }).waitFor();
  await page.getByRole("link", { name: "Continuar" }).click();
  await page.getByText("Nenhuma entrega ainda").waitFor();
  await examine(page, "empty", "pt");

  // Another tab of the same browser: one cookie, one stream, both live.
  const other = await context.newPage();
  await other.goto("/deliveries");
  await other.getByText("Nenhuma entrega ainda").waitFor();
  const weight = await scriptWeight(other);
  if (weight > BUDGET) problems.push(`first load: ${weight} bytes of script, gzipped`);
  const { id, to } = await need("delivery", { email, password: PASSWORD });
  await page.getByRole("link", { name: to }).waitFor();
  await other.getByRole("link", { name: to }).waitFor();
  await other.close();

  await page.getByRole("link", { name: to }).click();
  await page.getByRole("heading", { level: 1, name: to }).waitFor();
  assert.equal(new URL(page.url()).pathname, `/deliveries/${id}`);
  assert.equal(await page.evaluate(() => document.activeElement?.tagName), "H1");
  await need("delivered", { id });
  await page.getByRole("listitem").filter({ hasText: "Entregue" }).waitFor();
  await examine(page, "delivery", "pt");

  // The bell has counted, live; whoever has read all of it is left alone.
  const bell = page.getByRole("button", { name: /^Avisos/ });
  await page.getByRole("button", { name: /^Avisos: \d+ não lidos?$/ }).click();
  const notices = page.getByRole("list", { name: "Avisos" });
  await notices.getByRole("listitem").filter({ hasText: "Entregue" }).filter({ hasText: to }).waitFor();
  await examine(page, "notices", "pt");
  await page.getByRole("button", { name: "Marcar tudo como lido" }).click();
  await page.getByRole("button", { name: "Avisos", exact: true }).waitFor();
  await page.keyboard.press("Escape");
  await notices.waitFor({ state: "hidden" });
  await bell.and(page.locator(":focus")).waitFor();

  // A phone's bar has room for four places; the rest is behind a button, by key too.
  await page.setViewportSize(SIZES.phone);
  const more = page.getByRole("button", { name: "Mais" });
  await more.press("Enter");
  await page.keyboard.press("Tab");
  const fifth = page.getByRole("link", { name: "Indicadores" });
  await fifth.and(page.locator(":focus")).waitFor();
  await examine(page, "more", "pt");
  await page.setViewportSize(SIZES.phone);
  await page.keyboard.press("Escape");
  await fifth.waitFor({ state: "hidden" });
  await more.and(page.locator(":focus")).waitFor();
  await page.setViewportSize(SIZES.desk);

  await context.setOffline(true);
  await page.getByText("Sem conexão").waitFor();
  await context.setOffline(false);
  await page.getByText("Sem conexão").waitFor({ state: "detached" });

  await page.getByRole("button", { name: "Idioma" }).click();
  await page.getByRole("menuitemradio", { name: "English" }).click();
  await page.getByRole("heading", { name: "Timeline" }).waitFor();
  await examine(page, "delivery", "en");
  await page.getByRole("button", { name: "Notices", exact: true }).click();
  await page.getByRole("list", { name: "Notices" }).getByText("Delivered").waitFor();
  await examine(page, "notices", "en");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+k");
  await page.getByPlaceholder("Go to a page or do something").fill("deliv");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Deliveries" }).waitFor();
  await page.getByRole("link", { name: to }).waitFor();
  await examine(page, "deliveries", "en");

  // What a reload finds: the session by its cookie, the language, the filter by the address.
  await page.goto("/deliveries");
  await page.getByRole("link", { name: to }).waitFor();
  await noneInVain(page, "deliveries");
  await page.goto("/deliveries?status=cancelled");
  await page.getByText("Nothing with this filter").waitFor();
  await page.getByRole("button", { name: "Account" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await examine(page, "sign-in", "en");
  await page.goto("/deliveries");
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.goto("/nowhere");
  await page.getByText("Page not found").waitFor();
});
