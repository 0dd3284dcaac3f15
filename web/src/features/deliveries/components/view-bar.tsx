/** Saved views, as links: one is current when the list is narrowed by just what it holds. */
import { ActionIcon, Button } from "@mantine/core";
import { IconBookmarkPlus, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";

import type { Schemas } from "@/lib/api/client";
import { useSession } from "@/lib/session";

import { given, isNarrowed, readFilter, same, type Filter } from "../filter";
import { viewsQuery } from "../queries";
import classes from "./view-bar.module.css";

const SaveView = lazy(() => import("./view-dialogs").then((made) => ({ default: made.SaveView })));
const DeleteView = lazy(() => import("./view-dialogs").then((made) => ({ default: made.DeleteView })));

export function ViewBar({ filter }: { filter: Filter }) {
  const { t } = useTranslation("deliveries");
  const session = useSession();
  const { data } = useQuery(viewsQuery);
  const [open, setOpen] = useState<"save" | Schemas["SavedView"] | null>(null);
  const views = (data?.items ?? []).map((view) => ({ view, narrowing: given(readFilter(view.narrowing ?? {})) }));
  const current = views.find(({ narrowing }) => same(narrowing, filter))?.view;
  const mine = current && (current.created_by === session?.userId || session?.orgRole === "owner");
  const close = () => setOpen(null);
  if (views.length === 0 && !isNarrowed(filter)) return null;
  return (
    <div className={classes.bar}>
      <nav aria-label={t("views.label")} className={classes.views}>
        <Link to="/deliveries" search={{}} className={classes.view} data-current={!isNarrowed(filter)} replace>
          {t("views.all")}
        </Link>
        {views.map(({ view, narrowing }) => (
          <Link
            key={view.id}
            to="/deliveries"
            search={narrowing}
            className={classes.view}
            data-current={view.id === current?.id}
          >
            {view.name}
          </Link>
        ))}
      </nav>
      {isNarrowed(filter) && !current && (
        <Button
          variant="subtle"
          size="compact-sm"
          leftSection={<IconBookmarkPlus size={16} />}
          onClick={() => setOpen("save")}
        >
          {t("views.save")}
        </Button>
      )}
      {mine && (
        <ActionIcon
          variant="subtle"
          color="gray"
          c="var(--mantine-color-text)"
          aria-label={t("views.remove", { name: current.name })}
          onClick={() => setOpen(current)}
        >
          <IconTrash size={16} />
        </ActionIcon>
      )}
      <Suspense>
        {open === "save" && <SaveView filter={filter} onClose={close} />}
        {open && open !== "save" && <DeleteView view={open} onClose={close} />}
      </Suspense>
    </div>
  );
}
