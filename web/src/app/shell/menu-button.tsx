/** A button of the bar whose menu is loaded when it is first wanted: what floats is 27 kB that no first page needs. */
import { ActionIcon } from "@mantine/core";
import { startTransition, Suspense, useCallback, useState, type ReactElement, type ReactNode } from "react";

/** What the menu is drawn with: its button, and what is to be done when it closes. */
export interface MenuFrame {
  target: ReactElement<{ onClick?: () => void }>;
  onClose: () => void;
}

interface MenuButtonProps {
  label: string;
  icon: ReactNode;
  /** What comes of it, where it is no menu. */
  popup?: "dialog";
  /** Draws a lazy menu, open from the start. */
  children: (frame: MenuFrame) => ReactNode;
}

const prepare = () => void import("./menus");

export function MenuButton({ label, icon, popup, children }: MenuButtonProps) {
  const [wanted, setWanted] = useState(false);
  const [button, setButton] = useState<HTMLButtonElement | null>(null);
  // It is asked for when a menu closes: drawing it anew for that is no hurry.
  const keep = useCallback((made: HTMLButtonElement | null) => startTransition(() => setButton(made)), []);
  const target = (
    <ActionIcon
      ref={keep}
      variant="subtle"
      color="gray"
      c="var(--mantine-color-text)"
      size="lg"
      aria-label={label}
      aria-haspopup={popup ?? "menu"}
      aria-expanded={wanted}
      onClick={() => setWanted(true)}
      onPointerEnter={prepare}
      onFocus={prepare}
    >
      {icon}
    </ActionIcon>
  );
  if (!wanted) return target;
  // Whoever closes it by key goes on where they were.
  return <Suspense fallback={target}>{children({ target, onClose: () => button?.focus() })}</Suspense>;
}
