/** Leaving a carrier, or one account at it, alone for a while: how, why, until when; and taking it up again. */
import { Alert, Button, NativeSelect, Radio, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconPlayerPause } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Schemas } from "@/lib/api/client";
import { useFormat } from "@/lib/format";
import { ConfirmButton, Dialog } from "@/ui/dialog";
import { fieldErrors, Form } from "@/ui/form";

import { usePause, useResume, type Whom } from "../carriers";

const REASONS = ["carrier_outage", "late_pickups", "price_dispute", "maintenance", "other"] as const;
const isReason = (code: string): code is (typeof REASONS)[number] => (REASONS as readonly string[]).includes(code);

/** That it is paused, how, why, by whom. */
export function Held({ pause }: { pause: Schemas["Pause"] }) {
  const { t } = useTranslation("support");
  const format = useFormat();
  const { mode, reason, until, actor } = pause;
  return (
    <Alert
      variant="light"
      color="gray"
      mt="xs"
      icon={<IconPlayerPause size={18} />}
      title={t(`pause.${mode}`)}
      role="status"
    >
      {[
        isReason(reason) ? t(`reason.${reason}`) : reason,
        until ? t("pause.untilAt", { at: format.dateTime(until) }) : t("pause.untilLifted"),
        actor,
      ].join(" · ")}
    </Alert>
  );
}

interface PauseProps {
  whom: Whom;
  name: string;
  pause: Schemas["Pause"] | undefined;
}

export function PauseButtons({ whom, name, pause }: PauseProps) {
  const { t } = useTranslation("support");
  const resume = useResume();
  const [opened, setOpened] = useState(false);
  return (
    <>
      {pause ? (
        <ConfirmButton
          label={t("pause.resume")}
          name={t("pause.resumeOf", { name })}
          title={t("pause.resumeOf", { name })}
          detail={t("pause.resumeDetail")}
          confirm={t("pause.resume")}
          mutation={resume}
          variables={whom}
        />
      ) : (
        <Button size="xs" variant="default" aria-label={t("pause.actOf", { name })} onClick={() => setOpened(true)}>
          {t("pause.act")}
        </Button>
      )}
      <Dialog title={t("pause.actOf", { name })} opened={opened} onClose={() => setOpened(false)}>
        <PauseForm whom={whom} onDone={() => setOpened(false)} />
      </Dialog>
    </>
  );
}

function PauseForm({ whom, onDone }: { whom: Whom; onDone: () => void }) {
  const { t } = useTranslation("support");
  const pause = usePause(whom);
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { mode: "wait" as Schemas["PauseMode"], reason: REASONS[0] as string, until: "" },
    validate: {
      until: (value) => (value && new Date(value).getTime() <= Date.now() ? t("pause.past") : null),
    },
  });
  return (
    <Form
      form={form}
      onSubmit={({ mode, reason, until }) =>
        pause.mutate(
          { mode, reason, until: until ? new Date(until).toISOString() : null },
          { onSuccess: onDone, onError: (error) => form.setErrors(fieldErrors(error)) },
        )
      }
      error={pause.error}
      pending={pause.isPending}
      submit={t("pause.act")}
    >
      <Stack>
        <Radio.Group label={t("pause.mode")} key={form.key("mode")} {...form.getInputProps("mode")}>
          <Stack gap="xs" mt="xs">
            <Radio value="wait" label={t("pause.wait")} description={t("pause.waitDetail")} />
            <Radio value="elsewhere" label={t("pause.elsewhere")} description={t("pause.elsewhereDetail")} />
          </Stack>
        </Radio.Group>
        <NativeSelect
          label={t("pause.why")}
          data={REASONS.map((value) => ({ value, label: t(`reason.${value}`) }))}
          key={form.key("reason")}
          {...form.getInputProps("reason")}
        />
        <TextInput
          type="datetime-local"
          label={t("pause.until")}
          description={t("pause.untilHint")}
          key={form.key("until")}
          {...form.getInputProps("until")}
        />
      </Stack>
    </Form>
  );
}
