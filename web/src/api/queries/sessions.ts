import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { api, body, type Schemas } from '../client'

export type SessionInfo = Schemas['SessionInfo']

export const sessionKeys = { all: ['sessions'] as const }

export const sessionsQuery = queryOptions({
  queryKey: sessionKeys.all,
  queryFn: async ({ signal }) => (await body(api.GET('/api/v1/sessions', { signal }))).items,
})

export function useEndSession() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (id: string) => body(api.DELETE('/api/v1/sessions/{session_id}', { params: { path: { session_id: id } } })),
    onSuccess: (_, id) => client.setQueryData<SessionInfo[]>(sessionKeys.all, (list) => list?.filter((each) => each.id !== id)),
  })
}

export function useEndOtherSessions() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => body(api.DELETE('/api/v1/sessions')),
    onSuccess: () => client.setQueryData<SessionInfo[]>(sessionKeys.all, (list) => list?.filter((each) => each.current)),
  })
}

/** A link that signs its opener in once; for another account only where the caller runs the installation. */
export function useSignInLink() {
  return useMutation({
    mutationFn: ({ input, key }: { input: Schemas['NewSignInLink']; key: string }) =>
      body(api.POST('/api/v1/sessions/links', { body: input, params: { header: { 'Idempotency-Key': key } } })),
  })
}
