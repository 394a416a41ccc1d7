import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { api, body, everyPage, type Schemas } from '../client'

export type Token = Schemas['Token']
export type Scope = Schemas['Scope']

/** Whose tokens: those of a workspace, or the account's own where there is no slug. */
export type Holder = string | undefined

export const tokenKeys = { of: (holder: Holder) => ['tokens', holder ?? ''] as const }

export const tokensQuery = (holder: Holder) =>
  queryOptions({
    queryKey: tokenKeys.of(holder),
    queryFn: ({ signal }) =>
      everyPage((cursor) =>
        holder === undefined
          ? body(api.GET('/api/v1/tokens', { params: { query: { limit: 200, cursor } }, signal }))
          : body(
              api.GET('/api/v1/workspaces/{workspace_slug}/tokens', {
                params: { path: { workspace_slug: holder }, query: { limit: 200, cursor } },
                signal,
              }),
            ),
      ),
  })

export function useCreateToken(holder: Holder) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ input, key }: { input: Schemas['NewToken']; key: string }) => {
      const header = { 'Idempotency-Key': key }
      return holder === undefined
        ? body(api.POST('/api/v1/tokens', { body: input, params: { header } }))
        : body(
            api.POST('/api/v1/workspaces/{workspace_slug}/tokens', { body: input, params: { path: { workspace_slug: holder }, header } }),
          )
    },
    onSuccess: () => client.invalidateQueries({ queryKey: tokenKeys.of(holder) }),
    gcTime: 0, // the answer has the secret
  })
}

export function useRevokeToken(holder: Holder) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (id: string) =>
      holder === undefined
        ? body(api.DELETE('/api/v1/tokens/{token_id}', { params: { path: { token_id: id } } }))
        : body(
            api.DELETE('/api/v1/workspaces/{workspace_slug}/tokens/{token_id}', {
              params: { path: { workspace_slug: holder, token_id: id } },
            }),
          ),
    onSuccess: (_, id) => client.setQueryData<Token[]>(tokenKeys.of(holder), (list) => list?.filter((each) => each.id !== id)),
  })
}
