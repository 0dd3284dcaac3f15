/**
 * Where an installation has a map: its pictures come from where the setting says, and from nowhere else.
 *
 * Started by tests/system/test_web.py, and speaks with it as `journey.mjs` does.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createServer } from "node:http";

import { asking, examine, launch, open } from "./browser.mjs";

const PIXEL = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
const person = { email: `mia-${Date.now()}@example.com`, password: "uma frase que ninguem adivinha" };
const need = asking();

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

const [map, elsewhere] = await Promise.all([pictures(), pictures()]);
const { base } = await need("with_map", { tiles: `${map.origin}/{z}/{x}/{y}.png` });
await need("customer", person);
const { id } = await need("delivery", person);
const browser = await launch();
try {
  const { page, wrong } = await open(browser, base);
  await page.goto("/sign-in");
  await page.getByLabel("E-mail").fill(person.email);
  await page.getByLabel("Senha", { exact: true }).fill(person.password);
  await page.getByRole("button", { name: "Entrar" }).click();
  await page.getByRole("table").waitFor();
  await page.goto(`/deliveries/${id}`);
  await page.locator("img.leaflet-tile-loaded").first().waitFor();
  await page.getByText("© Mapas").waitFor();
  for (const path of map.asked) assert.match(path, /^\/\d+\/\d+\/\d+\.png$/);
  assert.deepEqual(await examine(page, "map", "pt"), []);
  assert.deepEqual(wrong, []);

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
  assert.equal(await load(elsewhere.origin), "refused");
  assert.deepEqual(elsewhere.asked, []);
} finally {
  await browser.close();
}
console.log(JSON.stringify({ need: "nothing" }));
process.exit(0);
