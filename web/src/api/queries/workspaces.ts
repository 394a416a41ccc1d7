import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { api, body, everyPage, type Schemas, tagged } from '../client'

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

export function useCreateWorkspace() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ input, key }: { input: Schemas['NewWorkspace']; key: string }) =>
      body(api.POST('/api/v1/workspaces', { body: input, params: { header: { 'Idempotency-Key': key } } })),
    onSuccess: (made) => client.setQueryData<Workspace[]>(workspaceKeys.list, (list) => list && [...list, made]),
  })
}

export function useUpdateWorkspace(slug: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async (input: Schemas['WorkspaceUpdate']) => {
      const path = { workspace_slug: slug }
      const { etag } = await tagged(api.GET('/api/v1/workspaces/{workspace_slug}', { params: { path } }))
      return body(api.PATCH('/api/v1/workspaces/{workspace_slug}', { body: input, params: { path, header: { 'If-Match': etag } } }))
    },
    onSuccess: (changed) =>
      client.setQueryData<Workspace[]>(workspaceKeys.list, (list) => list?.map((each) => (each.id === changed.id ? changed : each))),
  })
}

export function useDeleteWorkspace(slug: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () =>
      body(api.DELETE('/api/v1/workspaces/{workspace_slug}', { params: { path: { workspace_slug: slug }, query: { confirm: slug } } })),
    onSuccess: () => client.setQueryData<Workspace[]>(workspaceKeys.list, (list) => list?.filter((each) => each.slug !== slug)),
  })
}

export function useLeaveWorkspace() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (slug: string) =>
      body(api.POST('/api/v1/workspaces/{workspace_slug}/leave', { params: { path: { workspace_slug: slug } } })),
    onSuccess: (_, slug) => client.setQueryData<Workspace[]>(workspaceKeys.list, (list) => list?.filter((each) => each.slug !== slug)),
  })
}
