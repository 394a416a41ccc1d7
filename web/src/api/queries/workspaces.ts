import { queryOptions } from '@tanstack/react-query'
import { api, body, everyPage, type Schemas } from '../client'

export type Workspace = Schemas['Workspace']
export type Role = Schemas['Role']

export const workspaceKeys = {
  all: ['workspaces'] as const,
  list: ['workspaces', 'list'] as const,
  quota: (slug: string) => ['workspaces', 'quota', slug] as const,
}

/** Every workspace that the account is a member of. */
export const workspacesQuery = queryOptions({
  queryKey: workspaceKeys.list,
  queryFn: ({ signal }) =>
    everyPage((cursor) => body(api.GET('/api/v1/workspaces', { params: { query: { limit: 200, cursor } }, signal }))),
  staleTime: 5 * 60_000,
})

export const quotaQuery = (slug: string) =>
  queryOptions({
    queryKey: workspaceKeys.quota(slug),
    queryFn: ({ signal }) =>
      body(api.GET('/api/v1/workspaces/{workspace_slug}/quota', { params: { path: { workspace_slug: slug } }, signal })),
  })

const order: Role[] = ['viewer', 'editor', 'admin', 'owner']

/** atLeast reports whether a role may do what another may. */
export function atLeast(role: Role | undefined, least: Role): boolean {
  return role !== undefined && order.indexOf(role) >= order.indexOf(least)
}
