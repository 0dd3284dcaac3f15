/** Chromium for the tests: what the policy forbids and what scripts throw counts as a failure, and axe looks at pages. */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { createRequire } from "node:module";
import { basename } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const SHOTS = new URL("../shots/", import.meta.url).pathname;

export const SIZES = { desk: { width: 1280, height: 800 }, phone: { width: 360, height: 740 } };

/** What was found wrong; pages add what they must not do by themselves. */
export const problems = [];

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
/** Asks the other side by a line of output, and has its answer from a line of input. */
export async function need(what, more = {}) {
  console.log(JSON.stringify({ need: what, ...more }));
  return JSON.parse((await lines.next()).value);
}

/**
 * Runs a script to its end, which is the process's: good if nothing was found. When something throws, every open page is
 * kept as a picture.
 */
export async function told(story, name = basename(process.argv[1], ".mjs")) {
  let code = 0;
  try {
    await story();
  } catch (error) {
    code = 1;
    console.error(error);
    for (const [at, page] of pages.entries()) {
      console.error(page.url());
      await page.screenshot({ path: `${SHOTS}failed-${name}-${at}.png` }).catch(() => undefined);
    }
  }
  await (await launched)?.close();
  if (problems.length > 0) console.error(problems.join("\n"));
  if (code === 0) console.log(JSON.stringify({ need: "nothing" }));
  process.exit(problems.length > 0 ? 1 : code);
}

export const CHROMIUM = { executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] };
export const launch = () => chromium.launch(CHROMIUM);

let launched;
const pages = [];
/** A page of its own browser context, at the address the script was given. */
export async function open(more = {}) {
  launched ??= launch();
  const context = await (
    await launched
  ).newContext({
    baseURL: process.argv[2],
    locale: "pt-BR",
    viewport: SIZES.desk,
    reducedMotion: "reduce",
    ignoreHTTPSErrors: true,
    ...more,
  });
  const page = await context.newPage();
  pages.push(page);
  page.setDefaultTimeout(60_000);
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => {
    // A refusal that the page tells of is logged by the browser too.
    const expected = /status of (4\d\d)|net::ERR_INTERNET_DISCONNECTED|net::ERR_FAILED/;
    if (message.type() === "error" && !expected.test(message.text())) problems.push(message.text());
  });
  return { context, page };
}

/** What axe finds, as one line each. */
export async function axe(page) {
  // By evaluation, which the page's policy does not forbid, unlike a script element.
  await page.evaluate(AXE);
  const violations = await page.evaluate(async (rules) => {
    const found = await window.axe.run(document, { runOnly: rules });
    for (const { nodes } of found.violations.filter(({ id }) => id === "target-size")) {
      // What a bar covers in part is as large as it is once it has been scrolled to.
      for (const node of [...nodes]) {
        document.querySelector(node.target[0]).scrollIntoView({ block: "center", behavior: "instant" });
        const again = await window.axe.run({ include: [node.target] }, { runOnly: ["target-size"] });
        if (again.violations.length === 0) nodes.splice(nodes.indexOf(node), 1);
      }
    }
    return found.violations.filter(({ nodes }) => nodes.length > 0);
  }, RULES);
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`);
}

/** What was asked ahead is what the page asked. */
export async function noneInVain(page, name) {
  const early = await page.evaluate(() => Object.keys(window.early));
  const vain = early.filter((path) => path !== "/v1/users/refresh"); // an open page may not need who is signed in
  problems.push(...vain.map((path) => `${name}: first.js asked ${path}, which the page did not`));
}

/** In both themes and sizes: axe on each, and a picture to look at; and how it looks in the other language. */
export async function examine(page, name, language) {
  await noneInVain(page, name);
  for (const theme of ["light", "dark"]) {
    await turn(page, theme);
    for (const size of Object.keys(SIZES)) {
      await fit(page, size);
      await page.evaluate(() => document.fonts.ready);
      await page.screenshot({ path: `${SHOTS}${name}-${language}-${theme}-${size}.png` });
      await judge(page, `${name} ${language} ${theme} ${size}`);
    }
  }
  const [spoken, other] = language === "pt" ? ["pt-BR", "en"] : ["en", "pt-BR"];
  await hear(page, other);
  await judge(page, `${name} ${other} dark phone`);
  await fit(page, "desk");
  await judge(page, `${name} ${other} dark desk`);
  await hear(page, spoken);
}

const fit = (page, size) => page.setViewportSize(SIZES[size]);

const turn = (page, theme) =>
  page.evaluate((to) => {
    localStorage.setItem("entrega.theme", to);
    document.documentElement.setAttribute("data-mantine-color-scheme", to);
  }, theme);

/** As when it is chosen in another tab. */
async function hear(page, language) {
  const chosen = { key: "entrega.language", newValue: language };
  await page.evaluate((told) => window.dispatchEvent(new window.StorageEvent("storage", told)), chosen);
  await page.locator(`html[lang=${language}]`).waitFor();
}

async function judge(page, where) {
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  if (wide > 0) problems.push(`${where}: ${wide} px wider than the screen`);
  problems.push(...(await axe(page)).map((each) => `${where}: ${each}`));
}

/** Bytes of script that a page loaded, as gzip packs them. */
export async function scriptWeight(page) {
  const names = await page.evaluate(() =>
    performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname),
  );
  const scripts = [...new Set(names)].filter((name) => name.endsWith(".js"));
  return scripts.reduce(
    (sum, name) => sum + gzipSync(readFileSync(new URL(`../dist${name}`, import.meta.url))).length,
    0,
  );
}
