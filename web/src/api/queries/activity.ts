import { queryOptions } from '@tanstack/react-query'
import { api, body, type Schemas } from '../client'

export type Activity = Schemas['Activity']

/** How much the mocks of a workspace were called in the last day: the 200 that were called most. */
export const activityQuery = (ws: string) =>
  queryOptions({
    queryKey: ['activity', ws],
    queryFn: async ({ signal }) => {
      const { items } = await body(api.GET('/api/v1/activity', { params: { query: { workspace_slug: ws, limit: 200 } }, signal }))
      return new Map(items.map((each) => [each.mock_id, each]))
    },
    refetchInterval: 15_000,
  })
