/** What the figures are asked. Keys: `insights`, then what was asked. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { answered, api, type Schemas } from "@/lib/api/client";

import { span, today, type Filter } from "./filter";

export type Figures = Schemas["Figures"];
export type Group = Schemas["Group"];

/** The API's own words for a filter. */
export const asked = (filter: Filter) => ({
  ...span(filter, today()),
  group_by: filter.by ?? ("day" as const),
  carrier: filter.carrier,
  service: filter.service,
  area: filter.area,
});

/** Another filter shows the figures of before until its own are there. */
export const figuresQuery = (filter: Filter) =>
  queryOptions({
    queryKey: ["insights", asked(filter)],
    queryFn: ({ signal }) => answered(api.GET("/v1/figures", { params: { query: asked(filter) }, signal })),
    placeholderData: keepPreviousData,
  });
