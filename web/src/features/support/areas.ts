/** Service areas: where express goes, when, and how much of it. */
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { answered, api, type Schemas } from "@/lib/api/client";

export type Area = Schemas["ServiceArea"];
export const NEW = "new";

export const areasQuery = queryOptions({
  queryKey: ["support", "areas"],
  queryFn: async ({ signal }) => (await answered(api.GET("/v1/areas", { signal }))).items,
});

/** A new one where the id is `NEW`. */
export function usePutArea(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: Schemas["AreaBody"]) =>
      id === NEW
        ? answered(api.POST("/v1/areas", { body }))
        : answered(api.PUT("/v1/areas/{area_id}", { params: { path: { area_id: id } }, body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: areasQuery.queryKey }),
  });
}

export function useDeleteArea() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => answered(api.DELETE("/v1/areas/{area_id}", { params: { path: { area_id: id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: areasQuery.queryKey }),
  });
}
