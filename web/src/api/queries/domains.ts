import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { api, body, everyPage, type Schemas } from '../client'

export type Domain = Schemas['Domain']

/** Events about domains invalidate all of them. */
export const domainKeys = {
  all: ['domains'] as const,
  of: (ws: string) => ['domains', 'of', ws] as const,
  ofMock: (mock: string) => ['domains', 'mock', mock] as const,
}

export const domainsQuery = (ws: string) =>
  queryOptions({
    queryKey: domainKeys.of(ws),
    queryFn: ({ signal }) =>
      everyPage((cursor) => body(api.GET('/api/v1/domains', { params: { query: { workspace_slug: ws, limit: 200, cursor } }, signal }))),
  })

export const mockDomainsQuery = (mock: string) =>
  queryOptions({
    queryKey: domainKeys.ofMock(mock),
    queryFn: ({ signal }) =>
      everyPage((cursor) =>
        body(api.GET('/api/v1/mocks/{mock_id}/domains', { params: { path: { mock_id: mock }, query: { limit: 200, cursor } }, signal })),
      ),
  })

export function useAddDomain() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ mock, host, key }: { mock: string; host: string; key: string }) =>
      body(
        api.POST('/api/v1/mocks/{mock_id}/domains', {
          body: { host },
          params: { path: { mock_id: mock }, header: { 'Idempotency-Key': key } },
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: domainKeys.all }),
  })
}

/** Asks for a look at the records; what was found comes by an event, or by reading again. */
export const useCheckDomain = () =>
  useMutation({
    mutationFn: (id: string) => body(api.POST('/api/v1/domains/{domain_id}/verify', { params: { path: { domain_id: id } } })),
  })

export function useRemoveDomain() {
  const client = useQueryClient()
  return async (id: string) => {
    await body(api.DELETE('/api/v1/domains/{domain_id}', { params: { path: { domain_id: id } }, keepalive: true }))
    await client.invalidateQueries({ queryKey: domainKeys.all })
  }
}
