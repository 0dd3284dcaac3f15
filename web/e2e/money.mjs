/**
 * What deliveries cost and how they went: figures, webhooks, the ledger, as their customer and as staff see them.
 *
 * Started by tests/system/test_web.py beside `journey.mjs`, with which it shares how it asks the other side.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createServer } from "node:http";

import { examine, need, open, SIZES, told } from "./browser.mjs";

const PASSWORD = "uma frase que ninguem adivinha";
const email = `bia-${Date.now()}@example.com`;

// The customer's own system, which says no until it is told to say yes.
let answer = 500;
const heard = [];
const receiver = createServer((request, response) => {
  heard.push(request.headers["webhook-id"]);
  request.resume();
  response.writeHead(answer).end();
});
await new Promise((ready) => receiver.listen(0, "127.0.0.1", ready));
const address = `http://127.0.0.1:${receiver.address().port}/entrega`;

const { page } = await open();

async function signIn(on, who, secret, language = "pt") {
  const [password, submit] = language === "pt" ? ["Senha", "Entrar"] : ["Password", "Sign in"];
  await on.goto("/sign-in");
  await on.getByLabel("E-mail").fill(who);
  await on.getByLabel(password, { exact: true }).fill(secret);
  await on.getByRole("button", { name: submit }).click();
  await on.waitForURL(/\/deliveries/);
}

/** A file the page hands over, as text. */
async function downloaded(on, name) {
  const [file] = await Promise.all([on.waitForEvent("download"), on.getByRole("button", { name }).click()]);
  const stream = await file.createReadStream();
  const parts = [];
  for await (const part of stream) parts.push(part);
  return { name: file.suggestedFilename(), bytes: Buffer.concat(parts) };
}

await told(async () => {
  await need("customer", { email, password: PASSWORD });
  await signIn(page, email, PASSWORD);

  // Nothing yet, and what to do about it.
  await page.goto("/insights");
  await page.getByText("Ainda não há o que medir").waitFor();
  await examine(page, "insights-empty", "pt");
  await page.goto("/ledger");
  await page.getByText("Nenhum lançamento neste mês").waitFor();

  // An address of their own, its secret, a test that fails and one that does not.
  await page.goto("/webhooks");
  await page.getByText("Nenhum webhook ainda").waitFor();
  await page.getByRole("link", { name: "Novo endereço" }).click();
  await page.getByLabel("URL").fill("loja");
  await page.getByRole("button", { name: "Criar endereço" }).click();
  await page.getByText("Uma URL como").waitFor();
  await page.getByLabel("URL").fill(address);
  await page.getByLabel("Nome").fill("ERP da loja");
  await page.getByLabel("Só os escolhidos").check();
  await examine(page, "webhooks-new", "pt");
  await page.getByLabel("Contratada").check();
  await page.getByLabel("Entregue").check();
  await page.getByRole("button", { name: "Criar endereço" }).click();
  await page.getByText(/^whsec_/).waitFor();
  await page.getByRole("link", { name: "Abrir e testar" }).click();
  await page.getByRole("button", { name: "Enviar teste" }).click();
  await page.getByText(/Não recebido: HTTP 500/).waitFor();
  answer = 204;
  await page.getByRole("button", { name: "Enviar teste" }).click();
  await page.getByText(/Recebido: HTTP 204/).waitFor();
  await page.getByRole("button", { name: "Mostrar segredo" }).click();
  const secret = await page.getByText(/^whsec_/).textContent();
  await page.getByRole("button", { name: "Trocar segredo" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Trocar o segredo?").waitFor();
  await dialog.getByRole("button", { name: "Trocar segredo" }).click();
  await page.getByText("O anterior também assina até").waitFor();
  assert.equal(
    await page
      .getByRole("group", { name: "Segredo anterior" })
      .getByText(/^whsec_/)
      .textContent(),
    secret,
  );

  const { id } = await need("delivery", { email, password: PASSWORD });
  await need("delivered", { id });
  // The log follows the stream; figures and ledger are there when one comes to them.
  await page.getByRole("cell", { name: "Recebido" }).nth(1).waitFor();
  await examine(page, "webhook", "pt");
  const webhook = page.url();
  await page.getByRole("link", { name: "Entregue" }).click();
  await page.getByRole("heading", { level: 1, name: "Entregue" }).waitFor();
  await page.getByRole("table", { name: "Tentativas" }).getByText("HTTP 204").first().waitFor();
  await examine(page, "webhook-message", "pt");
  const before = heard.length;
  await page.getByRole("button", { name: "Reenviar" }).click();
  await page.getByRole("table", { name: "Tentativas" }).getByRole("row").nth(2).waitFor();
  assert.ok(heard.length > before && heard.at(-1) === heard.at(-2), "sent again under another id");

  await page.goto("/insights");
  await page.getByRole("heading", { name: "Detalhamento" }).waitFor();
  await page.locator(".recharts-surface").nth(3).waitFor();
  await examine(page, "insights", "pt");
  await page.getByRole("button", { name: "Entregas em tabela" }).click();
  await page.getByRole("table", { name: "Entregas" }).getByRole("row").nth(30).waitFor();
  await page.getByLabel("Agrupar por").selectOption("carrier");
  await page.getByRole("columnheader", { name: "Contratadas" }).first().waitFor();
  const figures = await downloaded(page, "Baixar CSV");
  assert.match(figures.bytes.toString(), /^carrier,figure,detail,value/);

  await page.goto("/ledger");
  const extract = page.getByRole("table", { name: "Extrato do mês" });
  await extract.getByRole("rowheader", { name: "Frete" }).first().waitFor();
  await examine(page, "ledger", "pt");
  const statement = await downloaded(page, "CSV");
  assert.ok(statement.bytes.toString().includes(id), "the statement's file lacks the delivery");
  assert.equal((await downloaded(page, "PDF")).bytes.subarray(0, 5).toString(), "%PDF-");
  await page.getByRole("link", { name: "Lançamentos" }).last().click();
  await page.getByLabel("Lançamento", { exact: true }).selectOption("charge");
  await page.waitForURL(/kind=charge/);
  await page.getByRole("cell", { name: "A receber do cliente" }).first().waitFor();
  await examine(page, "ledger-entries", "pt");
  assert.equal(await page.getByRole("cell", { name: "Custo de transportadoras" }).count(), 0);

  await page.goto(webhook);
  await page.getByRole("button", { name: "Desativar" }).click();
  await page.getByText("Desativado por alguém da organização").waitFor();
  await page.getByRole("button", { name: "Ativar" }).click();
  await page.getByText("Envios faltando").waitFor();
  await page.getByLabel("Desde").fill(new Date(Date.now() - 3_600_000).toISOString().slice(0, 16));
  await page.getByLabel("Só o que não foi recebido").uncheck();
  await page.getByRole("button", { name: "Reenviar período" }).click();
  await page.getByRole("cell", { name: "Concluído" }).waitFor();
  await page.getByRole("heading", { name: "Reenvio em massa" }).scrollIntoViewIfNeeded();
  await examine(page, "webhook-replay", "pt");

  // Staff, in English: a correction that waits for another of them, a carrier's invoice with an answer to each line.
  const { email: staff, password, invoice, account } = await need("books", { id });
  const desk = await open({ locale: "en-US", viewport: SIZES.desk });
  await signIn(desk.page, staff, password, "en");
  await desk.page.goto(`/ledger/adjustments/new?delivery=${id}`);
  await desk.page.getByLabel("Amount").fill("250.00");
  await examine(desk.page, "adjustment-new", "en");
  await desk.page.getByRole("button", { name: "Propose adjustment" }).click();
  await desk.page.getByText("You proposed this adjustment").waitFor();
  assert.ok(await desk.page.getByRole("button", { name: "Approve and post" }).isDisabled());
  await examine(desk.page, "adjustment", "en");
  await desk.page.getByRole("link", { name: "Adjustments" }).click();
  await desk.page.getByRole("cell", { name: "Waits for approval" }).first().waitFor();
  await examine(desk.page, "adjustments", "en");

  await desk.page.getByRole("link", { name: "Reconciliation" }).click();
  await desk.page.getByRole("link", { name: "Check an invoice" }).click();
  await desk.page.getByLabel("Carrier account").selectOption(account);
  const day = (away) => new Date(Date.now() + away * 86_400_000).toISOString().slice(0, 10);
  await desk.page.getByLabel("From", { exact: true }).fill(day(-2));
  await desk.page.getByLabel("To", { exact: true }).fill(day(2));
  const chosen = (text) => ({ name: "invoice.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
  await desk.page.locator("input[type=file]").setInputFiles(chosen("reference,amount,currency\nx,abc,BRL\n"));
  await desk.page.getByRole("button", { name: "Compare with the ledger" }).click();
  await desk.page.getByText(/^Line 2: amount/).waitFor();
  await examine(desk.page, "invoice-new", "en");
  await desk.page.locator("input[type=file]").setInputFiles(chosen(invoice));
  await desk.page.getByRole("button", { name: "Compare with the ledger" }).click();
  await desk.page.getByRole("cell", { name: "Unknown to us" }).waitFor();
  await examine(desk.page, "invoice", "en");
  await desk.page.getByRole("button", { name: "Dismiss nobodys-order" }).click();
  await desk.page
    .getByRole("row", { name: /nobodys-order/ })
    .getByText("Dismissed")
    .waitFor();
  await desk.page
    .getByRole("row", { name: /Amount differs/ })
    .getByRole("button", { name: /^Accept/ })
    .click();
  await desk.page
    .getByRole("dialog")
    .getByText(/Our cost goes from/)
    .waitFor();
  await desk.page.getByRole("dialog").getByRole("button", { name: "Accept" }).click();
  await desk.page
    .getByRole("row", { name: /Amount differs/ })
    .getByRole("link", { name: "Accepted" })
    .waitFor();
  await desk.page.goto("/insights");
  await desk.page.getByRole("columnheader", { name: "Cost" }).waitFor();
  await examine(desk.page, "insights-staff", "en");
});
