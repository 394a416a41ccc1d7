import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { api, body, everyPage, type Schemas, tagged } from '../client'
import type { Role } from './workspaces'

export type Member = Schemas['Member']

export const memberKeys = { of: (ws: string) => ['members', ws] as const }

export const membersQuery = (ws: string) =>
  queryOptions({
    queryKey: memberKeys.of(ws),
    queryFn: ({ signal }) =>
      everyPage((cursor) =>
        body(
          api.GET('/api/v1/workspaces/{workspace_slug}/members', {
            params: { path: { workspace_slug: ws }, query: { limit: 200, cursor } },
            signal,
          }),
        ),
      ),
  })

/** Lists have no ETags: the member is read first, and changed only if they still have the role that was on the screen. */
export function useChangeRole(ws: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async ({ username, role }: { username: string; role: Role }) => {
      const path = { workspace_slug: ws, username }
      const { etag } = await tagged(api.GET('/api/v1/workspaces/{workspace_slug}/members/{username}', { params: { path } }))
      return body(
        api.PATCH('/api/v1/workspaces/{workspace_slug}/members/{username}', {
          body: { role },
          params: { path, header: { 'If-Match': etag } },
        }),
      )
    },
    onMutate: ({ username, role }) => {
      const before = client.getQueryData<Member[]>(memberKeys.of(ws))
      client.setQueryData<Member[]>(memberKeys.of(ws), (list) =>
        list?.map((each) => (each.username === username ? { ...each, role } : each)),
      )
      return before
    },
    onError: (_error, _input, before) => client.setQueryData(memberKeys.of(ws), before),
  })
}

export function useRemoveMember(ws: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (username: string) =>
      body(api.DELETE('/api/v1/workspaces/{workspace_slug}/members/{username}', { params: { path: { workspace_slug: ws, username } } })),
    onSuccess: (_, username) =>
      client.setQueryData<Member[]>(memberKeys.of(ws), (list) => list?.filter((each) => each.username !== username)),
  })
}
