/** Around every page: where the focus goes when the page changes, and what is shown when there is none. */
import { Button, Center, Loader } from "@mantine/core";
import { IconCompass, IconMoodSad } from "@tabler/icons-react";
import { Outlet, useRouterState } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";

import { ButtonLink } from "@/ui/links";
import { DocumentTitle } from "@/ui/page";
import { InSlices } from "@/ui/slices";
import { Empty } from "@/ui/states";

export function Root() {
  useFocusOnNavigation();
  return (
    <InSlices>
      <Outlet />
    </InSlices>
  );
}

/** As a browser would: the new page's heading is where reading goes on. Not for the first page, nor a filter. */
function useFocusOnNavigation() {
  const path = useRouterState({ select: (state) => state.resolvedLocation?.pathname });
  const first = useRef(true);
  useEffect(() => {
    if (path === undefined) return;
    if (first.current) first.current = false;
    else if (!document.activeElement?.matches("[data-autofocus]")) document.querySelector<HTMLElement>("h1")?.focus();
  }, [path]);
}

export function Pending() {
  const { t } = useTranslation();
  return (
    <Center mih="50vh">
      <Loader aria-label={t("loading")} />
    </Center>
  );
}

export function NotFound() {
  const { t } = useTranslation();
  return (
    <main>
      <DocumentTitle title={t("notFound.title")} />
      <Empty
        icon={<IconCompass size={22} />}
        title={t("notFound.title")}
        detail={t("notFound.detail")}
        action={<ButtonLink to="/deliveries">{t("notFound.home")}</ButtonLink>}
      />
    </main>
  );
}

export function Crashed() {
  const { t } = useTranslation();
  return (
    <main role="alert">
      <Empty
        icon={<IconMoodSad size={22} />}
        title={t("crashed.title")}
        detail={t("crashed.detail")}
        action={<Button onClick={() => location.reload()}>{t("crashed.reload")}</Button>}
      />
    </main>
  );
}
