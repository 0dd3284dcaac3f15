/** Draws the app at an address, as a person would come to it. */
import { createMemoryHistory, RouterProvider } from "@tanstack/react-router";
import { render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";

import { Providers } from "@/app/providers";
import { makeRouter } from "@/app/router";
import { makeQueryClient } from "@/lib/queries";
import { session, type Session } from "@/lib/session";

const ANA: Session = {
  token: "a.b.c",
  expiresAt: Number.MAX_SAFE_INTEGER,
  userId: "usr_1",
  organisationId: "org_1",
  role: "customer",
  orgRole: "owner",
};

/** `as` is who is signed in: Ana, unless it is null. */
export function visit(address: string, as: Partial<Session> | null = {}) {
  session.set(as && { ...ANA, ...as });
  const queries = makeQueryClient();
  queries.setDefaultOptions({ queries: { retry: false } });
  const router = makeRouter(queries);
  router.update({ ...router.options, history: createMemoryHistory({ initialEntries: [address] }) } as never);
  const drawn = render(
    <Providers queries={queries}>
      <RouterProvider router={router} />
    </Providers>,
  );
  return { ...drawn, router, queries, user: userEvent.setup() };
}
