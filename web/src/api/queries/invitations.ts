import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { api, body, everyPage, type Schemas } from '../client'
import { memberKeys } from './members'
import { workspaceKeys } from './workspaces'

export type Invitation = Schemas['Invitation']

export const invitationKeys = {
  own: ['invitations', 'own'] as const,
  of: (ws: string) => ['invitations', 'of', ws] as const,
}

/** Invitations to the account. */
export const ownInvitationsQuery = queryOptions({
  queryKey: invitationKeys.own,
  queryFn: ({ signal }) =>
    everyPage((cursor) => body(api.GET('/api/v1/invitations', { params: { query: { limit: 200, cursor } }, signal }))),
})

/** Open invitations to a workspace. */
export const invitationsQuery = (ws: string) =>
  queryOptions({
    queryKey: invitationKeys.of(ws),
    queryFn: ({ signal }) =>
      everyPage((cursor) =>
        body(
          api.GET('/api/v1/workspaces/{workspace_slug}/invitations', {
            params: { path: { workspace_slug: ws }, query: { limit: 200, cursor } },
            signal,
          }),
        ),
      ),
  })

export const previewInvitation = (secret: string) => body(api.POST('/api/v1/invitations/preview', { body: { secret } }))
export const claimInvitation = (secret: string) => body(api.POST('/api/v1/invitations/claim', { body: { secret } }))

export function useAnswerInvitation() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ id, accept }: { id: string; accept: boolean }) => {
      const params = { path: { invitation_id: id } }
      return accept
        ? body(api.POST('/api/v1/invitations/{invitation_id}/accept', { params }))
        : body(api.POST('/api/v1/invitations/{invitation_id}/decline', { params }))
    },
    onSuccess: async (_, { id, accept }) => {
      client.setQueryData<Invitation[]>(invitationKeys.own, (list) => list?.filter((each) => each.id !== id))
      if (accept) await client.invalidateQueries({ queryKey: workspaceKeys.list, refetchType: 'all' })
    },
  })
}

export function useInvite(ws: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ input, key }: { input: Schemas['NewInvitation']; key: string }) =>
      body(
        api.POST('/api/v1/workspaces/{workspace_slug}/invitations', {
          body: input,
          params: { path: { workspace_slug: ws }, header: { 'Idempotency-Key': key } },
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: invitationKeys.of(ws) }),
    gcTime: 0, // the answer has the link
  })
}

export function useRevokeInvitation(ws: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (id: string) =>
      body(
        api.DELETE('/api/v1/workspaces/{workspace_slug}/invitations/{invitation_id}', {
          params: { path: { workspace_slug: ws, invitation_id: id } },
        }),
      ),
    onSuccess: (_, id) => {
      client.setQueryData<Invitation[]>(invitationKeys.of(ws), (list) => list?.filter((each) => each.id !== id))
      void client.invalidateQueries({ queryKey: memberKeys.of(ws) })
    },
  })
}
