import { infiniteQueryOptions } from '@tanstack/react-query'
import { api, body, type Schemas } from '../client'

export type AuditEntry = Schemas['AuditEntry']

export interface AuditFilters {
  username?: string
  action?: string
  /** RFC 3339. */
  since?: string
  until?: string
}

/** Who did what in a workspace, newest first. */
export const auditQuery = (ws: string, filters: AuditFilters) =>
  infiniteQueryOptions({
    queryKey: ['audit', ws, filters] as const,
    queryFn: ({ signal, pageParam }) => {
      const { username, action, since, until } = filters
      return body(
        api.GET('/api/v1/workspaces/{workspace_slug}/audit', {
          params: { path: { workspace_slug: ws }, query: { username, action, since, until, limit: 50, cursor: pageParam } },
          signal,
        }),
      )
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor,
    staleTime: 5000,
  })
