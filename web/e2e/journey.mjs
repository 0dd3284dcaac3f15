/**
 * A person comes: registers, verifies, sees a delivery come and move without reloading, goes offline and back, signs out.
 *
 * Started by tests/system/test_web.py. It says `{"need": …}` on a line of its own where it needs something of the
 * other side, and reads the answer from a line of its input.
 */
import assert from "node:assert/strict";

import { asking, examine, launch, open, scriptWeight } from "./browser.mjs";

const base = process.argv[2];
const PASSWORD = "uma frase que ninguem adivinha";
const BUDGET = 200 * 1000;
const email = `ana-${Date.now()}@example.com`;

const need = asking();
const browser = await launch();
const problems = [];
const { context, page, wrong } = await open(browser, base);
try {
  await page.goto("/");
  await page.getByRole("heading", { name: "Entrar" }).waitFor();
  problems.push(...(await examine(page, "sign-in", "pt")));

  await page.getByRole("link", { name: "Criar conta" }).click();
  await page.getByRole("heading", { name: "Criar conta" }).waitFor();
  problems.push(...(await examine(page, "register", "pt")));
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
  problems.push(...(await examine(page, "empty", "pt")));

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
  problems.push(...(await examine(page, "delivery", "pt")));

  await context.setOffline(true);
  await page.getByText("Sem conexão").waitFor();
  await context.setOffline(false);
  await page.getByText("Sem conexão").waitFor({ state: "detached" });

  await page.getByRole("button", { name: "Idioma" }).click();
  await page.getByRole("menuitemradio", { name: "English" }).click();
  await page.getByRole("heading", { name: "Timeline" }).waitFor();
  problems.push(...(await examine(page, "delivery", "en")));
  await page.keyboard.press("Control+k");
  await page.getByPlaceholder("Go to a page or do something").fill("deliv");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Deliveries" }).waitFor();
  await page.getByRole("link", { name: to }).waitFor();
  problems.push(...(await examine(page, "deliveries", "en")));

  // What a reload finds: the session by its cookie, the language, the filter by the address.
  await page.goto("/deliveries?status=cancelled");
  await page.getByText("Nothing with this filter").waitFor();
  await page.getByRole("button", { name: "Account" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  problems.push(...(await examine(page, "sign-in", "en")));
  await page.goto("/deliveries");
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.goto("/nowhere");
  await page.getByText("Page not found").waitFor();
  problems.push(...wrong);
} catch (error) {
  await page.screenshot({ path: new URL("../shots/failed.png", import.meta.url).pathname });
  console.error(page.url(), wrong, problems);
  throw error;
} finally {
  await browser.close();
}
assert.deepEqual(problems, []);
console.log(JSON.stringify({ need: "nothing" }));
process.exit(0);
