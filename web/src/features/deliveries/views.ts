/** Saving and deleting views. */
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { answered, api, type Schemas } from "@/lib/api/client";

import { given, type Filter } from "./filter";
import { keys } from "./queries";

export function useSaveView(then: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ name, shared, filter }: { name: string; shared: boolean; filter: Filter }) => {
      const narrowing = given(filter) as Schemas["Narrowing"];
      return answered(api.POST("/v1/views", { body: { name, shared, narrowing } }));
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: keys.views });
      then();
    },
  });
}

export function useDeleteView(then: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (view_id: string) => answered(api.DELETE("/v1/views/{view_id}", { params: { path: { view_id } } })),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: keys.views });
      then();
    },
  });
}
