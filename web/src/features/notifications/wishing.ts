/** Changing one's wishes: seen at once. The server takes all of them, so one change is sent after the other. */
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { answered, api, type Schemas } from "@/lib/api/client";

import { wishesQuery, type Wishes } from "./queries";

const KEY = ["notices", "wish"];

/** Only what differs from what is usual: should that change one day, it changes for them too. */
function said({ usual, events = {}, ...rest }: Wishes): Schemas["Preferences"] {
  const own = Object.entries(events).filter(([event, ways]) => !same(ways, usual[event]));
  return { ...rest, events: Object.fromEntries(own) };
}

export const same = (ways: readonly string[], others: readonly string[] = []): boolean =>
  ways.length === others.length && ways.every((way) => others.includes(way));

export function useWish() {
  const queries = useQueryClient();
  const { queryKey } = wishesQuery;
  const isLast = () => queries.isMutating({ mutationKey: KEY }) === 1;
  return useMutation<Wishes, Error, (wishes: Wishes) => Wishes, Wishes | undefined>({
    mutationKey: KEY,
    scope: { id: "wishes" },
    // As they are when it is this one's turn: whoever changes two things quickly has the second send both.
    mutationFn: () => {
      const now = queries.getQueryData(queryKey);
      if (!now) throw new Error("wishes are changed where they are shown");
      return answered(api.PUT("/v1/notification-preferences", { body: said(now) }));
    },
    onMutate: async (change) => {
      await queries.cancelQueries({ queryKey });
      const before = queries.getQueryData(queryKey);
      queries.setQueryData(queryKey, before && change(before));
      return before;
    },
    onSuccess: (wishes) => isLast() && queries.setQueryData(queryKey, wishes),
    onError: (_error, _change, before) => {
      if (!isLast()) return; // the next one sends this change as well
      queries.setQueryData(queryKey, before);
      void queries.invalidateQueries({ queryKey });
    },
  });
}
