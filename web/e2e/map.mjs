/**
 * Where an installation has a map: its pictures come from where the setting says, and from nowhere else.
 *
 * Started by tests/system/test_web.py, and speaks with it as `journey.mjs` does.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createServer } from "node:http";

import { examine, need, open, problems, told } from "./browser.mjs";

const PIXEL = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
const person = { email: `mia-${Date.now()}@example.com`, password: "uma frase que ninguem adivinha" };

/** A server of one picture, on a port of its own; `asked` fills with the paths. */
async function pictures() {
  const asked = [];
  const server = createServer(({ url }, answer) => {
    asked.push(url);
    answer.writeHead(200, { "Content-Type": "image/png" }).end(PIXEL);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { asked, origin: `http://127.0.0.1:${server.address().port}` };
}

told(async () => {
  const [map, elsewhere] = await Promise.all([pictures(), pictures()]);
  const { base } = await need("with_map", { tiles: `${map.origin}/{z}/{x}/{y}.png` });
  await need("customer", person);
  const { id } = await need("delivery", person);
  const { page } = await open({ baseURL: base });
  await page.goto("/sign-in");
  await page.getByLabel("E-mail").fill(person.email);
  await page.getByLabel("Senha", { exact: true }).fill(person.password);
  await page.getByRole("button", { name: "Entrar" }).click();
  await page.getByRole("table").waitFor();
  await page.goto(`/deliveries/${id}`);
  await page.locator("img.leaflet-tile-loaded").first().waitFor();
  await page.getByText("© Mapas").waitFor();
  for (const path of map.asked) assert.match(path, /^\/\d+\/\d+\/\d+\.png$/);
  await examine(page, "map", "pt");

  // Staff put an area on it: a click for the middle, the edge dragged for the radius, what is typed moves both.
  const { page: staff } = await open({ baseURL: base });
  const admin = await need("admin");
  await staff.goto("/support/areas/new");
  await staff.getByLabel("E-mail").fill(admin.email);
  await staff.getByLabel("Senha", { exact: true }).fill(admin.password);
  await staff.getByRole("button", { name: "Entrar" }).click();
  await staff.getByLabel("Nome").fill("Centro");
  const ground = staff.getByRole("application", { name: "Círculo da área no mapa" });
  await ground.click();
  await staff.getByTitle("Centro: arraste para mover").waitFor();
  const km = staff.getByLabel("Raio, em km");
  assert.equal(await km.inputValue(), "5");
  const edge = staff.getByTitle("Borda: arraste para o raio");
  const from = await edge.boundingBox();
  await staff.mouse.move(from.x + 9, from.y + 9);
  await staff.mouse.down();
  await staff.mouse.move(from.x + 59, from.y + 9, { steps: 5 });
  await staff.mouse.up();
  assert(Number((await km.inputValue()).replace(",", ".")) > 5.5);
  const before = await staff.getByTitle("Centro: arraste para mover").boundingBox();
  await staff.getByLabel("Latitude").fill("-23.4");
  await staff.waitForFunction(
    ([name, y]) => document.querySelector(`[title="${name}"]`).getBoundingClientRect().y !== y,
    ["Centro: arraste para mover", before.y],
  );
  await examine(staff, "area-map", "pt");
  await staff.getByRole("button", { name: "Salvar" }).click();
  await staff.getByRole("link", { name: "Centro", exact: true }).waitFor();

  const load = (address) =>
    page.evaluate(
      (src) =>
        new Promise((done) => {
          const image = document.createElement("img");
          image.onload = () => done("loaded");
          image.onerror = () => done("refused");
          image.src = src;
        }),
      `${address}/1/1/1.png`,
    );
  assert.equal(await load(map.origin), "loaded");
  const found = problems.length;
  assert.equal(await load(elsewhere.origin), "refused");
  assert.deepEqual(elsewhere.asked, []);
  problems.splice(found); // that the browser says so is as it should be
});
