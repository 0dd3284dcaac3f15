/**
 * Somebody with a thousand deliveries: scrolls, searches and narrows by key, keeps a view, exports, cancels, answers a
 * carrier, imports a file. Started by tests/system/test_web.py as `journey.mjs` is.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { examine, need, open, told } from "./browser.mjs";

const { page } = await open();
const drawn = () => page.getByRole("row").count();
const MOST_DRAWN = 60;
const sheet = (...lines) => ({ name: "pedidos.csv", mimeType: "text/csv", buffer: Buffer.from(lines.join("\n")) });

await told(async () => {
  const { email, password, first, last } = await need("thousand");
  await page.goto("/sign-in");
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Senha", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Entrar" }).click();

  // To the end of a thousand, of which only a screenful is ever drawn.
  await page.getByRole("link", { name: first }).waitFor();
  await examine(page, "list", "pt");
  const oldest = page.getByRole("link", { name: last, exact: true });
  while (!(await oldest.isVisible())) {
    await page.keyboard.press("End");
    assert.ok((await drawn()) <= MOST_DRAWN, "rows are drawn that nobody sees");
    await page.evaluate(() => new Promise(requestAnimationFrame));
  }
  await page.keyboard.press("Home");

  // By key: the search, then the status, then a view of both.
  await page.keyboard.press("/");
  await page.keyboard.type("nf-0042");
  await page.waitForURL(/q=nf-0042/);
  await page.getByRole("link", { name: "Rua do Teste, 42 · São Paulo" }).waitFor();
  assert.equal(await drawn(), 2);
  await page.keyboard.press("Tab");
  await page.keyboard.type("Cancelada");
  await page.keyboard.press("Enter");
  await page.waitForURL(/cancelled/);
  await page.getByRole("button", { name: "Filtros" }).press("Enter");
  await page.getByLabel("Serviço").waitFor();
  await examine(page, "list-narrowed", "pt");
  await page.getByRole("button", { name: "Salvar visão" }).press("Enter");
  await page.getByRole("dialog").getByLabel("Nome").fill("A quarenta e dois");
  await examine(page, "view", "pt");
  await page.keyboard.press("Enter");
  await page.getByRole("navigation", { name: "Visões salvas" }).getByText("A quarenta e dois").waitFor();
  await page.getByRole("link", { name: "Todas" }).click();
  await page.getByRole("link", { name: "A quarenta e dois" }).click();
  await page.getByRole("link", { name: "Rua do Teste, 42 · São Paulo" }).waitFor();
  const coming = page.waitForEvent("download");
  await page.getByRole("button", { name: "Exportar CSV" }).click();
  const csv = readFileSync(await (await coming).path(), "utf8");
  assert.equal(csv.trim().split("\n").length, 2);
  assert.match(csv, /;NF-0042;/);

  // Cancelling, with the reason; then it says why nothing more may be done.
  const { id } = await need("quoted");
  await page.goto(`/deliveries/${id}`);
  await page
    .getByRole("button", { name: /^Escolher / })
    .first()
    .waitFor();
  await examine(page, "delivery-quoted", "pt");
  // Another: here nobody has long to choose.
  await page.goto(`/deliveries/${(await need("quoted")).id}`);
  await page.getByRole("button", { name: "Cancelar…" }).click();
  await page.getByLabel("Por quê").selectOption("Está demorando");
  await page.getByRole("button", { name: "Cancelar entrega" }).click();
  await page.getByRole("listitem").filter({ hasText: "Cancelada" }).filter({ hasText: "está demorando" }).waitFor();
  const cancel = page.getByRole("button", { name: "Cancelar…" });
  await page.getByText("A entrega já terminou.").first().waitFor();
  assert.equal(await cancel.getAttribute("aria-disabled"), "true");

  // Nobody home: the carrier asks, live, and is answered.
  const { id: asked } = await need("nobody_home");
  await page.goto(`/deliveries/${asked}`);
  await page.getByText("A tentativa de entrega falhou: o que fazer?").waitFor({ timeout: 120_000 });
  await examine(page, "decision", "pt");
  await page.getByRole("button", { name: "Trazer de volta" }).click();
  await page.getByRole("dialog").waitFor();
  await examine(page, "answer", "pt");
  await page.getByRole("button", { name: "Enviar resposta" }).click();
  await page.getByRole("listitem").filter({ hasText: "Devolvida" }).waitFor({ timeout: 120_000 });

  // A file: what is wrong with it, then its deliveries.
  await page.goto("/deliveries/import");
  const field = page.getByLabel("Arquivo CSV");
  const address = (of) => ["Nome", "CEP", "Rua", "Número", "Bairro", "Cidade", "UF"].map((it) => `${of} ${it}`);
  const head = ["Pedido", ...address("Remetente"), ...address("Destinatário"), "weight_g"].join(";");
  const from = "Loja;01310200;Av Paulista;1578;Bela Vista;São Paulo;SP";
  const ends = `${from};Ana;01426000;Rua Oscar Freire;379;Jardins;São Paulo;SP`;
  const line = (number, grams) => `I-${number};${ends};${grams}`;
  await field.setInputFiles(sheet(head, line(1, 500), line(2, "muito")));
  await page.getByRole("button", { name: "Conferir e começar" }).click();
  await page.getByRole("cell", { name: "weight_g" }).waitFor();
  await examine(page, "import-wrong", "pt");
  await field.setInputFiles(sheet(head, line(1, 500), line(2, 700)));
  await page.getByRole("button", { name: "Conferir e começar" }).click();
  await page.getByText("Concluída · 2 de 2").waitFor();
  await page.getByRole("link", { name: "Linha 2" }).waitFor();
  await examine(page, "import", "pt");

  // The same in English.
  await page.evaluate(() => localStorage.setItem("entrega.language", "en"));
  for (const [path, name, there] of [
    ["/deliveries", "list", "Requested"],
    [`/deliveries/${asked}`, "delivery-returned", "What can be done"],
    ["/deliveries/import", "import-begin", "Past imports"],
  ]) {
    await page.goto(path);
    await page.getByText(there, { exact: true }).first().waitFor();
    await examine(page, name, "en");
  }
});
