/** The search box and the filters; what they say is in the address. `/` goes to the search. */
import { Button, NativeSelect, Pill, TextInput } from "@mantine/core";
import { useDebouncedCallback, useHotkeys } from "@mantine/hooks";
import { IconAdjustmentsHorizontal, IconSearch } from "@tabler/icons-react";
import { useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { useFormat } from "@/lib/format";

import { ATTENTIONS, given, type Filter } from "../filter";
import { isStatus, STATUSES } from "../status";
import classes from "./filters.module.css";

const PAUSE_MS = 250;
const SERVICES = ["express", "standard"] as const;
/** What only saved views and links name: shown, and taken away one by one. */
const FURTHER = [
  "recipient", "sender", "postal_code", "phone", "tracking_number", "created_by", "organisation_id",
  "promised_from", "promised_to", "ended_from", "ended_to",
] as const; // prettier-ignore
const PANEL: (keyof Filter)[] = ["attention", "carrier", "reference", "service", "created_from", "created_to"];

interface FiltersProps {
  filter: Filter;
  onChange: (filter: Filter, typing?: boolean) => void;
  /** Those of the deliveries that are loaded: code and names. */
  carriers: Map<string, string>;
}

export function Filters({ filter, onChange, carriers }: FiltersProps) {
  const { t } = useTranslation("deliveries");
  const format = useFormat();
  const panel = useId();
  const used = PANEL.filter((key) => filter[key] !== undefined).length;
  const [open, setOpen] = useState(used > 0);
  const set = (change: Filter, typing?: boolean) => onChange(given({ ...filter, ...change }), typing);
  const [status, ...more] = filter.status ?? [];
  const several = more.length > 0 ? [{ value: "several", label: t("filter.several", { count: more.length + 1 }) }] : [];
  return (
    <div className={classes.frame}>
      <div className={classes.line}>
        <Search q={filter.q ?? ""} onSearch={(q) => set({ q: q || undefined }, true)} />
        <NativeSelect
          aria-label={t("filter.status")}
          data={[
            { value: "", label: t("filter.all") },
            ...several,
            ...STATUSES.map((value) => ({ value, label: t(`status.${value}`) })),
          ]}
          value={more.length > 0 ? "several" : (status ?? "")}
          onChange={({ currentTarget: { value } }) => {
            if (value !== "several") set({ status: isStatus(value) ? [value] : undefined });
          }}
        />
        <Button
          variant="default"
          leftSection={<IconAdjustmentsHorizontal size={16} />}
          aria-expanded={open}
          aria-controls={panel}
          onClick={() => setOpen(!open)}
        >
          {used > 0 ? t("filter.moreCount", { count: used }) : t("filter.more")}
        </Button>
      </div>
      <div id={panel} hidden={!open} className={classes.panel}>
        <NativeSelect
          label={t("filter.attention")}
          data={[
            { value: "", label: t("filter.noMatter") },
            { value: "any", label: t("filter.anyAttention") },
            ...ATTENTIONS.map((value) => ({ value, label: t(`attention.${value}.title`) })),
          ]}
          value={filter.attention?.[0] ?? ""}
          onChange={({ currentTarget: { value } }) =>
            set({ attention: value ? [value as (typeof ATTENTIONS)[number] | "any"] : undefined })
          }
        />
        <NativeSelect
          label={t("filter.carrier")}
          data={[
            { value: "", label: t("filter.noMatter") },
            ...[...new Set([...carriers.keys(), ...(filter.carrier ? [filter.carrier] : [])])].sort().map((value) => ({
              value,
              label: carriers.get(value) ?? value,
            })),
          ]}
          value={filter.carrier ?? ""}
          onChange={({ currentTarget: { value } }) => set({ carrier: value || undefined })}
        />
        <NativeSelect
          label={t("filter.service")}
          data={[
            { value: "", label: t("filter.noMatter") },
            ...SERVICES.map((value) => ({ value, label: t(`filter.services.${value}`) })),
          ]}
          value={filter.service ?? ""}
          onChange={({ currentTarget: { value } }) => set({ service: SERVICES.find((each) => each === value) })}
        />
        <Reference key={filter.reference ?? ""} filter={filter} set={set} />
        <TextInput
          type="date"
          label={t("filter.from")}
          value={day(filter.created_from)}
          onChange={({ currentTarget: { value } }) => set({ created_from: instant(value, "00:00:00") })}
        />
        <TextInput
          type="date"
          label={t("filter.to")}
          value={day(filter.created_to)}
          onChange={({ currentTarget: { value } }) => set({ created_to: instant(value, "23:59:59.999") })}
        />
      </div>
      <div className={classes.pills}>
        {FURTHER.flatMap((key) => {
          const value = filter[key];
          if (!value) return [];
          const name = t(`filter.field.${key}`);
          const said = key.endsWith("_from") || key.endsWith("_to") ? format.dateTime(value) : value;
          return (
            <Pill
              key={key}
              withRemoveButton
              size="md"
              removeButtonProps={{ "aria-label": t("filter.drop", { what: name }), "aria-hidden": false, tabIndex: 0 }}
              onRemove={() => set({ [key]: undefined })}
            >
              {`${name}: ${said}`}
            </Pill>
          );
        })}
      </div>
    </div>
  );
}

function Search({ q, onSearch }: { q: string; onSearch: (q: string) => void }) {
  const { t } = useTranslation("deliveries");
  const field = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(q);
  const [sent, setSent] = useState(q);
  const [known, setKnown] = useState(q);
  if (q !== known) {
    setKnown(q);
    if (q !== sent) setText(q); // a view was opened, or the filter cleared: not what is being typed here
  }
  const send = useDebouncedCallback((typed: string) => {
    const wanted = typed.trim();
    const usable = wanted.length > 1 ? wanted : "";
    setSent(usable);
    onSearch(usable);
  }, PAUSE_MS);
  useHotkeys([["/", () => field.current?.focus()]]);
  return (
    <TextInput
      ref={field}
      type="search"
      className={classes.search}
      aria-label={t("search")}
      aria-keyshortcuts="/"
      placeholder={t("searchHint")}
      leftSection={<IconSearch size={16} />}
      maxLength={100}
      value={text}
      onChange={({ currentTarget }) => {
        setText(currentTarget.value);
        send(currentTarget.value);
      }}
    />
  );
}

/** Sent when one is through with it: a reference is found as a whole. */
function Reference({ filter, set }: { filter: Filter; set: (change: Filter) => void }) {
  const { t } = useTranslation("deliveries");
  const [text, setText] = useState(filter.reference ?? "");
  const send = () => {
    if (text.trim() !== (filter.reference ?? "")) set({ reference: text.trim() || undefined });
  };
  return (
    <TextInput
      label={t("filter.reference")}
      maxLength={64}
      value={text}
      onChange={({ currentTarget }) => setText(currentTarget.value)}
      onBlur={send}
      onKeyDown={({ key }) => key === "Enter" && send()}
    />
  );
}

/** The day here, as date fields want it. */
function day(at: string | null | undefined): string {
  if (!at) return "";
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

function instant(value: string, time: string): string | undefined {
  const date = new Date(`${value}T${time}`);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
