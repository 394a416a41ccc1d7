import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { api, body } from '../client'

/** The requests of a workspace, or of one of its mocks, in the last hours. */
export const usageQuery = (ws: string, mock: string | undefined, hours: number) =>
  queryOptions({
    queryKey: ['usage', ws, mock ?? '', hours] as const,
    queryFn: ({ signal }) => {
      const query = { from: new Date(Date.now() - (hours - 1) * 3_600_000).toISOString() }
      return mock === undefined
        ? body(api.GET('/api/v1/workspaces/{workspace_slug}/usage', { params: { path: { workspace_slug: ws }, query }, signal }))
        : body(api.GET('/api/v1/mocks/{mock_id}/usage', { params: { path: { mock_id: mock }, query }, signal }))
    },
    refetchInterval: 30_000,
    placeholderData: keepPreviousData,
  })
