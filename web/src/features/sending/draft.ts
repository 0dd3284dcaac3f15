/** The form's values, and how they become a request and come back from one. */
import type { Schemas } from "@/lib/api/client";

import type { Delivery } from "../deliveries/queries";

export const PRESETS = {
  envelope: { weight_g: 300, length_mm: 320, width_mm: 230, height_mm: 20 },
  small: { weight_g: 1000, length_mm: 200, width_mm: 200, height_mm: 150 },
  medium: { weight_g: 5000, length_mm: 400, width_mm: 300, height_mm: 250 },
  large: { weight_g: 15000, length_mm: 600, width_mm: 400, height_mm: 400 },
} as const;
export type Preset = keyof typeof PRESETS;
export const SIZES: (Preset | "own")[] = [...(Object.keys(PRESETS) as Preset[]), "own"];

export interface StopDraft {
  name: string;
  phone: string;
  email: string;
  postal_code: string;
  street: string;
  number: string;
  complement: string;
  district: string;
  city: string;
  state: string;
  instructions: string;
}
export interface Draft extends Record<string, unknown> {
  pickup: StopDraft;
  dropoff: StopDraft;
  size: Preset | "own";
  description: string;
  /** Kilograms and centimetres, as people write them. */
  weight: string;
  length: string;
  width: string;
  height: string;
  /** In the currency's major unit. */
  value: string;
  fragile: boolean;
  service: Schemas["Service"];
  when: "now" | "later";
  /** As `datetime-local` fields have it: local time, no zone. */
  readyAt: string;
  choose: Schemas["Rule"] | "";
  by: string;
  fallback: boolean;
  reference: string;
  /** Whether the recipient is written to; empty: as the organisation does. */
  notify: "" | "yes" | "no";
}

export const noStop: StopDraft = {
  name: "",
  phone: "",
  email: "",
  postal_code: "",
  street: "",
  number: "",
  complement: "",
  district: "",
  city: "",
  state: "",
  instructions: "",
};

export const noDraft: Draft = {
  pickup: noStop,
  dropoff: noStop,
  size: "small",
  description: "",
  weight: "",
  length: "",
  width: "",
  height: "",
  value: "",
  fragile: false,
  service: "express",
  when: "now",
  readyAt: "",
  choose: "",
  by: "",
  fallback: true,
  reference: "",
  notify: "",
};

export const digits = (text: string) => text.replace(/\D/g, "");

/** `1.234,5` and `1,234.5` alike, and `1.234` is a thousand and more (but not `0.300`). NaN for what is no number. */
export function decimal(text: string): number {
  const plain = text.trim().replace(/\s/g, "");
  if (!/^\d[\d.,]*$/.test(plain)) return NaN;
  if (/^[1-9]\d{0,2}([.,])\d{3}(\1\d{3})*$/.test(plain)) return Number(digits(plain));
  const at = Math.max(plain.lastIndexOf(","), plain.lastIndexOf("."));
  return at < 0 ? Number(plain) : Number(`${digits(plain.slice(0, at))}.${digits(plain.slice(at + 1))}`);
}

/** E.164; a number without a country is Brazilian. */
export function phone(text: string): string | null {
  const plain = digits(text);
  if (!plain) return null;
  return text.trim().startsWith("+") ? `+${plain}` : `+55${plain.replace(/^0/, "")}`;
}

/** As a person writes a CEP: `01310-200`. */
export const cepText = (code: string) => digits(code).replace(/^(\d{5})(\d{3})$/, "$1-$2");

function stop(draft: StopDraft): Schemas["Stop"] {
  const of = (text: string) => text.trim();
  return {
    contact: { name: of(draft.name), phone: phone(draft.phone), email: of(draft.email) || null },
    address: {
      street: of(draft.street),
      number: of(draft.number),
      complement: of(draft.complement),
      district: of(draft.district),
      city: of(draft.city),
      state: of(draft.state).toUpperCase(),
      postal_code: digits(draft.postal_code),
      country: "BR",
    },
    instructions: of(draft.instructions),
  };
}

export function stopDraft({ contact, address, instructions }: Schemas["Stop"]): StopDraft {
  const { street, number, complement, district, city, state, postal_code } = address;
  return {
    ...{ street, number, complement, district, city, state, instructions },
    name: contact.name,
    phone: contact.phone ?? "",
    email: contact.email ?? "",
    postal_code: cepText(postal_code),
  };
}

const instant = (local: string) => (local ? new Date(local).toISOString() : null);

/** The request; `named` says what a preset is when nobody described the thing. */
export function asRequest(draft: Draft, named: string): Schemas["DeliveryCreate"] {
  const own = {
    weight_g: Math.round(decimal(draft.weight) * 1000),
    length_mm: Math.round(decimal(draft.length) * 10),
    width_mm: Math.round(decimal(draft.width) * 10),
    height_mm: Math.round(decimal(draft.height) * 10),
  };
  const worth = decimal(draft.value);
  return {
    service: draft.service,
    pickup: stop(draft.pickup),
    dropoff: stop(draft.dropoff),
    parcels: [
      {
        description: draft.description.trim() || named,
        ...(draft.size === "own" ? own : PRESETS[draft.size]),
        declared_value: worth > 0 ? { amount: Math.round(worth * 100), currency: "BRL" } : null,
        fragile: draft.fragile,
      },
    ],
    ready_at: draft.when === "later" ? instant(draft.readyAt) : null,
    choice: draft.choose ? { rule: draft.choose, by: draft.choose === "cheapest_by" ? instant(draft.by) : null } : null,
    fallback: draft.fallback,
    reference: draft.reference.trim(),
    notify_recipient: draft.notify ? draft.notify === "yes" : null,
  };
}

/** A past request, to be sent again: the same things to the same places, now. */
export function fromRequest(request: Delivery["request"]): Draft {
  const [parcel] = request.parcels;
  const sides = ["weight_g", "length_mm", "width_mm", "height_mm"] as const;
  const size =
    SIZES.find((each) => each !== "own" && sides.every((side) => PRESETS[each][side] === parcel?.[side])) ?? "own";
  const written = (value: number | undefined, unit: number) =>
    value === undefined || size !== "own" ? "" : String(value / unit);
  return {
    ...noDraft,
    pickup: stopDraft(request.pickup),
    dropoff: stopDraft(request.dropoff),
    size,
    description: parcel?.description ?? "",
    weight: written(parcel?.weight_g, 1000),
    length: written(parcel?.length_mm, 10),
    width: written(parcel?.width_mm, 10),
    height: written(parcel?.height_mm, 10),
    value: parcel?.declared_value ? String(parcel.declared_value.amount / 100) : "",
    fragile: parcel?.fragile ?? false,
    service: request.service,
    reference: request.reference,
    fallback: request.fallback,
    notify: request.notify_recipient == null ? "" : request.notify_recipient ? "yes" : "no",
  };
}

export interface Known {
  label: string;
  stop: StopDraft;
}

/** The stops of past deliveries, each once, newest first; `end` is whose. */
export function addressBook(deliveries: Delivery[], end: "pickup" | "dropoff"): Known[] {
  const known = new Map<string, Known>();
  for (const { request, erased } of deliveries) {
    if (erased || request[end].address.country !== "BR") continue;
    const stop = stopDraft(request[end]);
    const label = `${stop.name} · ${stop.street}, ${stop.number}`;
    if (!known.has(label)) known.set(label, { label, stop: { ...stop, instructions: "" } });
  }
  return [...known.values()];
}
