import "./app/fonts.css";
import "@mantine/core/styles.layer.css";
import "virtual:theme.css";
import "./app/global.css";

import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { Providers } from "./app/providers";
import { makeRouter } from "./app/router";
import { startI18n } from "./i18n";
import { makeQueryClient } from "./lib/queries";
import { session } from "./lib/session";

if (import.meta.env.MODE === "mock") await (await import("./mock/browser")).startMock();
const queries = makeQueryClient();
await startI18n();
const router = makeRouter(queries); // after a pause: modules, words and routes in one go would hold a phone up

// Whoever signs out, here or in another tab, leaves nothing behind; whoever signs in elsewhere finds their own.
let who = "";
session.watch(() => {
  const now = session.get();
  const is = now ? `${now.userId} ${now.organisationId}` : "";
  if (is === who) return;
  const was = who;
  who = is;
  if (!was) return;
  queries.clear();
  void router.invalidate();
});

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <Providers queries={queries}>
        <RouterProvider router={router} />
      </Providers>
    </StrictMode>,
  );
}
