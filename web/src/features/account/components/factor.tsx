/** The second factor: set up by a QR code drawn here, its recovery codes shown once, and taken off again. */
import { Button, Group, Skeleton, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";

import { useRules } from "@/features/users/rules";
import type { Schemas } from "@/lib/api/client";
import { Copyable } from "@/ui/copyable";
import { Dialog } from "@/ui/dialog";
import { Form } from "@/ui/form";
import { Failure } from "@/ui/states";

import { factorQuery, useConfirmFactor, useProposeFactor, useRemoveFactor, useRenewCodes } from "../queries";
import { Proof } from "./proof";
import { RecoveryCodes } from "./recovery-codes";

const QrCode = lazy(() => import("./qr-code").then((made) => ({ default: made.QrCode })));

type Step = "closed" | "set" | "codes" | "remove";

export function Factor() {
  const { t } = useTranslation("account");
  const { data: factor, error, refetch } = useQuery(factorQuery);
  const [step, setStep] = useState<Step>("closed");
  const close = () => setStep("closed");
  if (error && !factor) return <Failure title={t("factor.failed")} error={error} onRetry={() => void refetch()} />;
  if (!factor) return <Skeleton height={80} />;
  return (
    <Stack align="flex-start">
      <Text size="sm" role="status">
        {factor.on ? t("factor.on", { count: factor.recovery_codes_left }) : t("factor.off")}
      </Text>
      <Group gap="xs">
        {factor.on ? (
          <>
            <Button variant="default" onClick={() => setStep("codes")}>
              {t("factor.renew")}
            </Button>
            <Button variant="default" onClick={() => setStep("remove")}>
              {t("factor.remove")}
            </Button>
          </>
        ) : (
          <Button onClick={() => setStep("set")}>{t("factor.set")}</Button>
        )}
      </Group>
      <Dialog title={t("factor.set")} opened={step === "set"} onClose={close}>
        <SetUp onDone={close} />
      </Dialog>
      <Dialog title={t("factor.renew")} opened={step === "codes"} onClose={close}>
        <Renew onDone={close} />
      </Dialog>
      <Dialog title={t("factor.remove")} opened={step === "remove"} onClose={close}>
        <Remove onDone={close} />
      </Dialog>
    </Stack>
  );
}

function SetUp({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation("account");
  const propose = useProposeFactor();
  const confirm = useConfirmFactor();
  if (confirm.isSuccess) return <RecoveryCodes codes={confirm.data.codes} onDone={onDone} />;
  if (propose.isSuccess) return <Scan proposal={propose.data} confirm={confirm} />;
  return (
    <Stack>
      <Text size="sm">{t("factor.setDetail")}</Text>
      <Proof
        submit={t("factor.next")}
        pending={propose.isPending}
        error={propose.error}
        onProof={({ password }) => propose.mutate({ password })}
      />
    </Stack>
  );
}

interface ScanProps {
  proposal: Schemas["SecondFactorProposal"];
  confirm: ReturnType<typeof useConfirmFactor>;
}

function Scan({ proposal, confirm }: ScanProps) {
  const { t } = useTranslation("account");
  const rules = useRules();
  const form = useForm({ mode: "uncontrolled", initialValues: { code: "" }, validate: { code: rules.filled } });
  return (
    <Stack>
      <Text size="sm">{t("factor.scan")}</Text>
      <Suspense fallback={<Skeleton height={200} width={200} />}>
        <QrCode value={proposal.uri} title={t("factor.qr")} />
      </Suspense>
      <Copyable value={proposal.secret} label={t("factor.secret")} />
      <Form
        form={form}
        onSubmit={({ code }) => confirm.mutate({ code: code.replaceAll(" ", "") })}
        error={confirm.error}
        pending={confirm.isPending}
        submit={t("factor.confirm")}
      >
        <TextInput
          label={t("factor.code")}
          description={t("factor.firstCode")}
          inputMode="numeric"
          autoComplete="one-time-code"
          key={form.key("code")}
          {...form.getInputProps("code")}
        />
      </Form>
    </Stack>
  );
}

function Renew({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation("account");
  const renew = useRenewCodes();
  if (renew.isSuccess) return <RecoveryCodes codes={renew.data.codes} onDone={onDone} />;
  return (
    <Stack>
      <Text size="sm">{t("factor.renewDetail")}</Text>
      <Proof
        submit={t("factor.renew")}
        pending={renew.isPending}
        error={renew.error}
        onProof={({ password, code }) => renew.mutate({ password, code: code ?? "" })}
      />
    </Stack>
  );
}

function Remove({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation("account");
  const remove = useRemoveFactor();
  return (
    <Stack>
      <Text size="sm">{t("factor.removeDetail")}</Text>
      <Proof
        danger
        submit={t("factor.remove")}
        pending={remove.isPending}
        error={remove.error}
        onProof={({ password, code }) => remove.mutate({ password, code: code ?? "" }, { onSuccess: onDone })}
      />
    </Stack>
  );
}
