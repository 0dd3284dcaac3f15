/** Why something asked for was not done, where it was asked: a page with a button needs no more of forms than this. */
import { Alert } from "@mantine/core";
import { IconAlertCircle } from "@tabler/icons-react";

import { useExplain } from "@/lib/explain";

export function FormError({ error }: { error: unknown }) {
  const explain = useExplain();
  if (!error) return null;
  const { said, request } = explain(error);
  return (
    <Alert role="alert" color="red" variant="light" mt="md" icon={<IconAlertCircle size={18} />} title={said}>
      {request}
    </Alert>
  );
}
