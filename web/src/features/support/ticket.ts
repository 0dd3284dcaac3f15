/** The case that staff work on: sent with everything asked, so that who was looked at can be told why. */
import { api } from "@/lib/api/client";
import { makeStore, useStore } from "@/lib/store";

const KEPT = "entrega.ticket";
const FORM = /^[A-Za-z0-9_.-]{1,64}$/;

const ticket = makeStore(sessionStorage.getItem(KEPT) ?? "");
export const useTicket = () => useStore(ticket);

export function setTicket(value: string): void {
  sessionStorage.setItem(KEPT, value);
  ticket.set(value);
}

export const isTicket = (value: string): boolean => value === "" || FORM.test(value);

api.use({
  onRequest({ request }) {
    const now = ticket.get();
    if (now && isTicket(now)) request.headers.set("X-Access-Ticket", now);
    return request;
  },
});
