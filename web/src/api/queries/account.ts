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
