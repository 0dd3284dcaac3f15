/** `npm run dev:mock`: the app with nothing behind it. */
import { setupWorker } from "msw/browser";

import { generated } from "./generated";
import { world } from "./world";

/** Until this resolves, nothing is asked; what is no route of the API passes. */
export const startMock = () => setupWorker(...world, ...generated).start({ onUnhandledRequest: "bypass", quiet: true });
