/** Before every test: the page's language, and what jsdom does not have. */
import "@testing-library/jest-dom/vitest";
import { cleanup, configure } from "@testing-library/react";
import { afterAll, afterEach, beforeAll, vi } from "vitest";

import { startI18n } from "@/i18n";

import { server } from "./server";

vi.stubGlobal("scrollTo", () => undefined);
window.matchMedia ??= (media: string) =>
  ({
    media,
    matches: false,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
  }) as unknown as MediaQueryList;
window.ResizeObserver ??= class {
  observe() {}
  unobserve() {}
  disconnect() {}
};
Object.defineProperty(HTMLElement.prototype, "offsetHeight", { configurable: true, get: () => 600 });
Element.prototype.scrollIntoView ??= () => undefined;

configure({ asyncUtilTimeout: 15_000 }); // pages are loaded when they are first asked for

beforeAll(async () => {
  server.listen({ onUnhandledRequest: "error" });
  await startI18n("en");
});
afterEach(() => {
  cleanup();
  server.resetHandlers();
  localStorage.clear();
});
afterAll(() => server.close());
