/** Mantine's looks on the router's typed links. */
import { Anchor, Button, type AnchorProps, type ButtonProps } from "@mantine/core";
import { createLink } from "@tanstack/react-router";
import type { ComponentPropsWithRef } from "react";

type A = ComponentPropsWithRef<"a">;

export const TextLink = createLink((props: AnchorProps & Omit<A, keyof AnchorProps>) => <Anchor {...props} />);
export const ButtonLink = createLink((props: ButtonProps & Omit<A, keyof ButtonProps>) => (
  <Button component="a" {...props} />
));
