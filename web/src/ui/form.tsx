/** Forms: what the server says of a field goes to that field, the rest above the button; the first wrong field is focused. */
import { Button, type ButtonProps } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import type { ReactNode } from "react";

import { Refused } from "@/lib/api/problem";

import { FormError } from "./form-error";

interface FormProps<V extends Record<string, unknown>> {
  form: UseFormReturnType<V>;
  onSubmit: (values: V) => void;
  error: unknown;
  pending: boolean;
  submit: string;
  /** How its button looks, where it is not the one of the page. */
  button?: ButtonProps;
  children: ReactNode;
}

/** The one way to draw a form; `error` and `pending` are those of the mutation. */
export function Form<V extends Record<string, unknown>>(props: FormProps<V>) {
  const { form, onSubmit, error, pending, submit, button, children } = props;
  const send = form.onSubmit(onSubmit, (errors) => {
    const first = Object.keys(errors)[0];
    if (first) form.getInputNode(first)?.focus();
  });
  return (
    <form onSubmit={send} noValidate>
      {children}
      <FormError error={error} />
      <Button type="submit" fullWidth mt="lg" loading={pending} {...button}>
        {submit}
      </Button>
    </form>
  );
}

/** The server's words by field name (`/dropoff/address/number` is `dropoff.address.number`), for `form.setErrors`. */
export function fieldErrors(error: unknown): Record<string, string> {
  const told = error instanceof Refused ? (error.problem.errors ?? []) : [];
  return Object.fromEntries(
    told.map(({ pointer, detail }) => [pointer.replace(/^\//, "").replaceAll("/", "."), detail]),
  );
}
