/** A few choices side by side, each with a line that says what it means; the arrow keys move between them. */
import { Text } from "@mantine/core";
import { useId } from "react";

import classes from "./fields.module.css";

export interface Option<V extends string> {
  value: V;
  label: string;
  detail: string;
}
interface Props<V extends string> {
  legend: string;
  options: Option<V>[];
  value: V;
  onChange: (value: V) => void;
}

export function Options<V extends string>({ legend, options, value, onChange }: Props<V>) {
  const name = useId();
  return (
    <fieldset className={classes.options}>
      <legend>{legend}</legend>
      {options.map((each) => (
        <label key={each.value} className={classes.option}>
          <input
            type="radio"
            name={name}
            value={each.value}
            checked={each.value === value}
            onChange={() => onChange(each.value)}
          />
          <Text span size="sm" fw={500}>
            {each.label}
          </Text>
          <Text span size="xs" c="dimmed">
            {each.detail}
          </Text>
        </label>
      ))}
    </fieldset>
  );
}
