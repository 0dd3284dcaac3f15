/** The latest, under the bell: what happened, to which delivery, and when. It comes open, as the bar's menus do. */
import { ActionIcon, Button, Popover, Text, VisuallyHidden } from "@mantine/core";
import { IconBellCheck, IconCheck } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { cloneElement, useState } from "react";
import { useTranslation } from "react-i18next";

import type { MenuFrame } from "@/app/shell/menu-button";
import { useNow } from "@/features/deliveries/now";
import { useFormat } from "@/lib/format";
import { usePaged } from "@/lib/paged";
import { FormError } from "@/ui/form-error";
import { TextLink } from "@/ui/links";
import { Listed } from "@/ui/listed";
import { Empty } from "@/ui/states";

import { noticesQuery, unreadQuery, type Notice } from "../queries";
import { useRead, useReadAll } from "../reading";
import { useTold } from "../use-told";
import { whereQuery } from "../where";
import classes from "./notices.module.css";

export function Notices({ target, onClose }: MenuFrame) {
  const [opened, setOpened] = useState(true);
  return (
    <Popover
      opened={opened}
      onChange={setOpened}
      onClose={onClose}
      position="bottom-end"
      withinPortal={false}
      trapFocus
      hideDetached={false} // the bar never scrolls away
      shadow="md"
    >
      <Popover.Target popupType="dialog">
        {cloneElement(target, { onClick: () => setOpened((before) => !before) })}
      </Popover.Target>
      <Popover.Dropdown p={0}>
        <div className={classes.panel}>
          <Latest onLeave={() => setOpened(false)} />
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}

function Latest({ onLeave }: { onLeave: () => void }) {
  const { t } = useTranslation(["notifications", "app"]);
  const query = useInfiniteQuery(noticesQuery);
  const { items, more } = usePaged(query);
  const { data: unread } = useQuery(unreadQuery);
  const read = useRead();
  const readAll = useReadAll();
  const newest = items?.[0]?.id;
  const none = !unread?.count || newest === undefined;
  return (
    <>
      <div className={classes.head}>
        <Text fw={600}>{t("app:notifications.title")}</Text>
        <Button
          variant="subtle"
          size="compact-sm"
          data-autofocus
          // It keeps the focus when there is nothing left to read, so that keys still reach what floats.
          data-disabled={none || undefined}
          aria-disabled={none}
          onClick={() => !none && readAll.mutate(newest)}
        >
          {t("readAll")}
        </Button>
      </div>
      <div className={classes.list}>
        <Listed
          label={t("app:notifications.title")}
          items={items}
          idOf={({ id }) => id}
          error={query.error}
          failed={t("failed")}
          onRetry={() => void query.refetch()}
          empty={<Empty icon={<IconBellCheck size={22} />} title={t("empty.title")} detail={t("empty.detail")} />}
          more={more}
        >
          {(notice) => (
            <Told
              notice={notice}
              onRead={() => read.mutate(notice.id)}
              onLeave={() => {
                if (!notice.read) read.mutate(notice.id);
                onLeave();
              }}
            />
          )}
        </Listed>
        <FormError error={read.error ?? readAll.error} />
      </div>
      <div className={classes.foot}>
        <TextLink to="/account/notifications" size="sm" onClick={onLeave}>
          {t("change")}
        </TextLink>
      </div>
    </>
  );
}

interface ToldProps {
  notice: Notice;
  onRead: () => void;
  onLeave: () => void;
}

function Told({ notice, onRead, onLeave }: ToldProps) {
  const { t } = useTranslation("notifications");
  const format = useFormat();
  const now = useNow();
  const told = useTold()(notice);
  const { data: where, isPending } = useQuery(whereQuery(notice.delivery_id));
  return (
    <div className={classes.notice} data-unread={!notice.read || undefined}>
      <Link to="/deliveries/$deliveryId" params={{ deliveryId: notice.delivery_id }} onClick={onLeave}>
        <span className={classes.what}>
          {told}
          {!notice.read && <VisuallyHidden>{t("isUnread")}</VisuallyHidden>}
        </span>
        <span className={classes.where}>{isPending ? "\u00a0" : (where ?? t("aDelivery"))}</span>
        <time className={classes.when} dateTime={notice.at} title={format.dateTime(notice.at)}>
          {format.fromNow(notice.at, now)}
        </time>
      </Link>
      {!notice.read && (
        <ActionIcon variant="subtle" color="gray" aria-label={t("read", { told })} onClick={onRead}>
          <IconCheck size={16} />
        </ActionIcon>
      )}
    </div>
  );
}
