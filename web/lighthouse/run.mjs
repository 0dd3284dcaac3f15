/**
 * Lighthouse, as on a phone and as on a desk, on four pages of the built app: signing in, a recipient's page, and signed
 * in the deliveries and one of them. Its reports go to web/shots/; scores below 95 are failures, but for performance,
 * which a busy machine spoils.
 *
 * Started by tests/system/test_web.py, and speaks with it as `e2e/journey.mjs` does.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import lighthouse, { desktopConfig } from "lighthouse";
import { pageFunctions } from "lighthouse/core/lib/page-functions.js";
import { chromium } from "playwright-core";

import { CHROMIUM, need, problems, told } from "../e2e/browser.mjs";

const LEAST = 95;
const A_PHONE = 400; // Lighthouse's benchmark index of the phone that it means
const ASSERTED = ["accessibility", "best-practices"];
const base = process.argv[2];
const person = { email: `lia-${Date.now()}@example.com`, password: "uma frase que ninguem adivinha" };

told(async () => {
  mkdirSync(new URL("../shots/", import.meta.url), { recursive: true });
  await need("customer", person);
  const { id } = await need("delivery", person);
  const { link } = await need("tracking", { id, ...person });
  await need("delivered", { id });

  const profile = mkdtempSync(join(tmpdir(), "lighthouse-"));
  const context = await chromium.launchPersistentContext(profile, {
    ...CHROMIUM,
    baseURL: base,
    args: [...CHROMIUM.args, "--remote-debugging-port=0"],
  });
  try {
    const port = Number(readFileSync(join(profile, "DevToolsActivePort"), "utf8").split("\n")[0]);
    const page = await context.newPage();
    const devtools = await context.newCDPSession(page);

    /** A line of scores, and what is wrong where one that counts is too low; as on a first visit, but signed in. */
    const measureAs = async (size, name, url) => {
      await devtools.send("Network.clearBrowserCache");
      const index = await page.evaluate(pageFunctions.computeBenchmarkIndex);
      const how = {
        port,
        output: ["html", "json"],
        onlyCategories: ["performance", ...ASSERTED],
        disableStorageReset: true, // it would sign us out
        logLevel: "error",
      };
      // As slow as a phone, whatever this machine is; Lighthouse would take it for a fast one.
      const phone = { throttling: { cpuSlowdownMultiplier: Math.min(Math.max(index / A_PHONE, 1), 4) } };
      const ask = () =>
        size === "phone" ? lighthouse(url, { ...how, ...phone }) : lighthouse(url, how, desktopConfig);
      let found = await ask();
      // On a busy machine the browser's trace may lack its beginning: then there is no result at all.
      for (let more = 2; more > 0 && found.lhr.runtimeError; more -= 1) found = await ask();
      const { categories, audits, finalDisplayedUrl: at, runtimeError } = found.lhr;
      for (const [index, kind] of ["html", "json"].entries()) {
        writeFileSync(new URL(`../shots/lighthouse-${name}-${size}.${kind}`, import.meta.url), found.report[index]);
      }
      if (runtimeError || at !== url) problems.push(`${name}: came to ${at} ${runtimeError?.message ?? ""}`);
      const scores = Object.values(categories).map((each) => [each.id, Math.round(each.score * 100)]);
      console.error(`lighthouse ${name}, ${size}: ${scores.map(([what, score]) => `${what} ${score}`).join(", ")}`);
      for (const [what, score] of scores.filter(([what, score]) => score < LEAST && ASSERTED.includes(what))) {
        const failed = categories[what].auditRefs.filter(({ id, weight }) => weight && audits[id].score === 0);
        problems.push(`${name}: ${what} ${score} for ${failed.map(({ id }) => id).join(", ")}`);
      }
    };

    const measure = async (name, url) => {
      for (const size of ["phone", "desk"]) await measureAs(size, name, url);
    };

    await measure("sign-in", `${base}/sign-in`);
    await measure("track", link);
    await page.goto("/sign-in");
    await page.locator("input[type=email]").fill(person.email);
    await page.locator("input[type=password]").fill(person.password);
    await page.locator("button[type=submit]").click();
    await page.waitForURL("**/deliveries");
    await page.getByRole("table").waitFor();
    await page.goto("about:blank"); // one tab renews the session at a time
    await measure("deliveries", `${base}/deliveries`);
    await measure("delivery", `${base}/deliveries/${id}`);
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  }
}, "lighthouse");
