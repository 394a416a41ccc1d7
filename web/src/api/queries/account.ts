import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { api, body, type Schemas, tagged } from '../client'
import { session } from '../session'

export type Account = Schemas['Account']

export const accountKeys = { own: ['account'] as const, methods: ['sign-in-methods'] as const }

export const accountQuery = queryOptions({
  queryKey: accountKeys.own,
  queryFn: async ({ signal }) => {
    const read = await tagged(api.GET('/api/v1/account', { signal }))
    session.began()
    return read
  },
  staleTime: Number.POSITIVE_INFINITY,
})

export const methodsQuery = queryOptions({
  queryKey: accountKeys.methods,
  queryFn: ({ signal }) => body(api.GET('/api/v1/sessions/methods', { signal })),
})

export function signIn(input: Schemas['SignIn']) {
  return body(api.POST('/api/v1/sessions', { body: input }))
}

export function signUp(input: Schemas['NewAccount']) {
  return body(api.POST('/api/v1/accounts', { body: input }))
}

/** useSignOut ends the session and leaves nothing of it in the page. */
export function useSignOut() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => body(api.DELETE('/api/v1/sessions/current')),
    onSuccess: () => {
      session.left()
      client.clear()
      location.assign('/signin')
    },
  })
}

/** useUpdateAccount changes the username or the e-mail address, unless another tab did meanwhile. */
export function useUpdateAccount() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ input, etag }: { input: Schemas['AccountUpdate']; etag: string }) =>
      tagged(api.PATCH('/api/v1/account', { body: input, params: { header: { 'If-Match': etag } } })),
    onSuccess: async (read, { input }) => {
      client.setQueryData(accountKeys.own, read)
      // The account's own workspace is named as it is, and is part of its mocks' addresses.
      if (input.username !== undefined) await client.invalidateQueries({ queryKey: ['workspaces'], refetchType: 'all' })
    },
    onError: () => void client.invalidateQueries({ queryKey: accountKeys.own }),
  })
}

export function useChangePassword() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (input: Schemas['NewPassword']) => body(api.PUT('/api/v1/account/password', { body: input })),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: accountKeys.own })
      void client.invalidateQueries({ queryKey: ['sessions'] })
    },
  })
}

/** deleteAccount ends everything of the account, this session too. */
export async function deleteAccount(username: string): Promise<void> {
  await body(api.DELETE('/api/v1/account', { params: { query: { confirm: username } } }))
  session.left()
  location.assign('/signin')
}

/** Where a browser downloads everything of the account. */
export const exportAddress = '/api/v1/account/export'
