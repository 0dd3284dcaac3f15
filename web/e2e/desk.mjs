/**
 * An owner turns a second factor on, has somebody join, makes a key and takes it back; staff see what needs attention,
 * pause a carrier, look somebody up, and find all of it in the audit. Then the owner sees who looked.
 *
 * Started by tests/system/test_web.py.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";

import { examine, need, open, told } from "./browser.mjs";

const PASSWORD = "uma frase que ninguem adivinha";
const stamp = Date.now();
const ana = `ana-desk-${stamp}@example.com`;
const bia = `bia-desk-${stamp}@example.com`;

/** Six digits of a moment (RFC 6238). */
function code(secret, at = Date.now()) {
  const bits = [...secret].map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0"));
  const key = Buffer.from(
    bits
      .join("")
      .match(/.{8}/g)
      .map((byte) => parseInt(byte, 2)),
  );
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const mac = createHmac("sha1", key).update(counter).digest();
  const number = mac.readUInt32BE(mac[19] & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}

async function register(page, name, email) {
  await page.getByLabel("Nome").fill(name);
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Senha", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Criar conta" }).click();
  await page.getByRole("heading", { name: "Quase lá" }).waitFor();
}

const owner = await open();
const guest = await open();
const staff = await open();
await told(async () => {
  const waiting = need("attended");
  let page = owner.page;
  await page.goto("/register");
  await register(page, "Ana Souza", ana);
  await waiting.then((told) => (owner.waiting = told));
  await page.goto((await need("letter", { to: ana })).link);
  await page.getByRole("heading", { name: "E-mail confirmado" }).waitFor();

  await page.goto("/account");
  await page.getByRole("heading", { level: 1, name: "Perfil" }).waitFor();
  await page.getByLabel("Nome").fill("Ana de Souza");
  await page.getByRole("button", { name: "Salvar" }).click();
  await page.getByText("Salvo.").waitFor();
  await examine(page, "account", "pt");
  await page.getByRole("link", { name: "Segurança" }).click();
  await page.getByRole("button", { name: "Ligar a verificação" }).click();
  const setting = page.getByRole("dialog");
  await setting.getByLabel("Senha", { exact: true }).fill(PASSWORD);
  await setting.getByRole("button", { name: "Continuar" }).click();
  await setting.getByRole("img", { name: "Código QR da chave" }).waitFor();
  await examine(page, "second-factor", "pt");
  const secret = await setting.getByLabel("Chave", { exact: true }).inputValue();
  await setting.getByLabel("Código", { exact: true }).fill(code(secret));
  await setting.getByRole("button", { name: "Ligar" }).click();
  await setting.getByRole("list", { name: "Códigos de recuperação" }).waitFor();
  assert.equal(await setting.getByRole("listitem").count(), 10);
  await examine(page, "recovery-codes", "pt");
  await setting.getByRole("button", { name: "Guardei os códigos" }).click();
  await page.getByText("Ligada. Restam 10 códigos").waitFor();
  await page.getByText("Com senha e código").waitFor();
  await examine(page, "security", "pt");
  await page.getByRole("link", { name: "Avisos" }).click();
  await page.getByRole("checkbox", { name: "Coletada: E-mail" }).click();
  await page.getByText("Salvo.").waitFor();
  await page.getByLabel("Com que frequência").selectOption("Um resumo por dia");
  await page.getByLabel("Horário de silêncio").check();
  await page.getByRole("button", { name: "Salvar" }).click();
  await page.getByText("Salvo.").nth(1).waitFor();
  await page.reload();
  assert.equal(await page.getByLabel("Até").inputValue(), "07:00");
  assert.ok(await page.getByRole("checkbox", { name: "Coletada: E-mail" }).isChecked());
  await examine(page, "wishes", "pt");
  await page.getByRole("link", { name: "Privacidade" }).click();
  await page.getByRole("heading", { level: 1, name: "Privacidade" }).waitFor();
  await examine(page, "privacy", "pt");

  await page.getByRole("button", { name: "Conta", exact: true }).click();
  await page.getByRole("menuitem", { name: "Organização" }).click();
  const inviting = page.getByRole("region", { name: "Convidar" });
  await inviting.getByLabel("E-mail").fill(bia);
  await inviting.getByRole("button", { name: "Enviar convite" }).click();
  await page.getByText(`Convite enviado para ${bia}.`).waitFor();
  const { link } = await need("letter", { to: bia });
  const now = guest.page;
  await now.goto(link);
  await now.getByText("Entre com o endereço que recebeu o convite.").waitFor();
  await examine(now, "invited", "pt");
  await now.getByRole("link", { name: "Criar conta" }).click();
  await register(now, "Bia Lima", bia);
  await now.goto("/accept-invitation");
  await now.getByText(`Você entrou como ${bia}.`).waitFor();
  await now.getByRole("button", { name: "Aceitar convite" }).click();
  await now.getByRole("button", { name: /^Abrir / }).click();
  await now.getByRole("heading", { level: 1, name: "Entregas" }).waitFor();
  await now.getByRole("button", { name: "Conta", exact: true }).click();
  await now.getByRole("menuitemradio").nth(1).waitFor();

  await page.reload();
  await page.getByLabel("Papel de Bia Lima").selectOption("viewer");
  await page.getByLabel("Papel de Bia Lima").and(page.locator(":enabled")).waitFor();
  await examine(page, "organisation", "pt");
  await page.getByRole("link", { name: "Chaves de API" }).click();
  await page.getByRole("button", { name: "Nova conta de serviço" }).click();
  await page.getByLabel("Nome do sistema").fill("Loja");
  await page.getByRole("button", { name: "Criar conta" }).click();
  await page.getByRole("button", { name: "Nova chave para Loja" }).click();
  await page.getByLabel("Nome da chave").fill("produção");
  await page.getByRole("button", { name: "Criar chave" }).click();
  const shown = page.getByLabel("Chave (client_secret)");
  await shown.waitFor();
  assert.match(await shown.inputValue(), /^ek_/);
  await examine(page, "new-key", "pt");
  await page.getByRole("button", { name: "Guardei a chave" }).click();
  await page.getByText("nunca usada").waitFor();
  await examine(page, "keys", "pt");
  await page.getByRole("button", { name: "Revogar a chave produção" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revogar" }).click();
  await page.getByText("revogada", { exact: true }).waitFor();

  page = staff.page;
  const admin = await need("admin");
  await page.goto("/support");
  await page.getByLabel("E-mail").fill(admin.email);
  await page.getByLabel("Senha", { exact: true }).fill(admin.password);
  await page.getByRole("button", { name: "Entrar" }).click();
  await page.getByRole("heading", { level: 1, name: "Pede atenção" }).waitFor();
  await page.getByLabel("Caso").fill(`CASE-${stamp}`);
  await page.getByRole("link", { name: "Suporte" }).waitFor();
  const asked = page.getByRole("listitem").filter({ hasText: owner.waiting.organisation });
  await asked.getByText("Decisão pendente").waitFor();
  await examine(page, "attention", "pt");
  await asked.getByRole("link").click();
  await page.getByText(`delivery/${owner.waiting.id}`).waitFor();
  await page.getByRole("link", { name: "Abrir e conduzir" }).waitFor();
  const said = page.getByRole("list", { name: "Conversa com transportadoras" });
  await said.getByText("Ver o conteúdo").first().click();
  await examine(page, "story", "pt");

  await page.getByRole("link", { name: "Transportadoras" }).click();
  const first = page.getByRole("button", { name: /^Pausar / }).first();
  const name = (await first.getAttribute("aria-label")).replace("Pausar ", "");
  await first.click();
  await page.getByLabel("Vão para outra").check();
  await page.getByLabel("Motivo").selectOption("maintenance");
  await examine(page, "pausing", "pt");
  await page.getByRole("dialog").getByRole("button", { name: "Pausar" }).click();
  await page.getByText("Manutenção · até ser retomada").waitFor();
  await examine(page, "carriers", "pt");
  await page
    .getByRole("button", { name: `Retomar ${name}` })
    .first()
    .click();
  await page.getByRole("dialog").getByRole("button", { name: "Retomar" }).click();
  await page.getByText("Manutenção · até ser retomada").waitFor({ state: "detached" });

  await page.getByRole("link", { name: "Regras" }).click();
  await page.getByRole("button", { name: "Nova regra" }).click();
  await page.getByLabel("Nome").fill("Prefere a rápida");
  await page.getByLabel("Contas").fill("easypost/postal");
  await page.getByLabel("CEPs da entrega").fill("04000-000 – 04999-999");
  await page.getByLabel("Em vigor").uncheck();
  await examine(page, "new-rule", "pt");
  await page.getByRole("button", { name: "Salvar" }).click();
  await page.getByText("entrega em 04000-000 – 04999-999").waitFor();
  await examine(page, "rules", "pt");
  await page.getByRole("button", { name: "Excluir a regra Prefere a rápida" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Excluir" }).click();
  await page.getByText("Nenhuma regra").waitFor();

  await page.getByRole("link", { name: "Áreas" }).click();
  await page.getByRole("link", { name: "Nova área" }).click();
  await page.getByLabel("Nome").fill("Campinas");
  await page.getByLabel("Latitude").fill("-22.9056");
  await page.getByLabel("Longitude").fill("-47.0608");
  await page.getByLabel("Raio, em km").fill("12");
  await page.getByRole("application", { name: "Círculo da área no mapa" }).locator("path").waitFor();
  await examine(page, "area", "pt");
  await page.getByRole("button", { name: "Salvar" }).click();
  await page.getByRole("link", { name: "Campinas" }).waitFor();
  await examine(page, "areas", "pt");
  await page.getByRole("link", { name: "Campinas" }).click();
  await page.getByRole("button", { name: "Excluir a área Campinas" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Excluir" }).click();
  await page.getByRole("link", { name: "Grande São Paulo" }).waitFor();

  await page.getByRole("link", { name: "Pessoas" }).click();
  await page.getByLabel("E-mail").fill(ana);
  await page.getByRole("button", { name: "Buscar", exact: true }).click();
  await page.getByRole("heading", { name: "Ana de Souza" }).waitFor();
  await examine(page, "people", "pt");
  await page.getByRole("button", { name: "Exportar…" }).click();
  const file = page.waitForEvent("download");
  await page.getByRole("dialog").getByRole("button", { name: "Baixar" }).click();
  assert.match((await file).suggestedFilename(), /^entrega-usr_.*\.json$/);
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Apagar…" }).click();
  await examine(page, "erasing", "pt");
  await page.keyboard.press("Escape");
  await page.getByRole("link", { name: "Auditoria" }).click();
  await page.getByLabel("Tipo").fill("carrier.paused");
  await page.getByRole("button", { name: "Buscar", exact: true }).click();
  await page.getByText("carrier.paused").first().waitFor();
  await page.getByText("Ver os dados").first().click();
  await examine(page, "audit", "pt");

  page = owner.page;
  await page.getByRole("link", { name: "Quem olhou" }).click();
  await page.getByText(`caso CASE-${stamp}`).first().waitFor();
  await examine(page, "access", "pt");
});
