import { queryOptions } from '@tanstack/react-query'
import { api, body, type Schemas } from '../client'

export type Try = Schemas['Try']
export type TryRequest = Schemas['TryRequest']

/** What helps while writing. None of it stores anything. */
export function validate(content: string, signal?: AbortSignal) {
  return body(api.POST('/api/v1/validate', { body: { content }, signal }))
}

export function format(content: string) {
  return body(api.POST('/api/v1/format', { body: { content } }))
}

/** tryOut asks what a mock would answer, with the content or with its current revision. */
export function tryOut(mock: string, request: TryRequest, content?: string, signal?: AbortSignal) {
  return body(
    api.POST('/api/v1/mocks/{mock_id}/try', {
      params: { path: { mock_id: mock } },
      body: content === undefined ? { request } : { request, content },
      signal,
    }),
  )
}

/** tryPublished asks what the published revision answers. */
export function tryPublished(mock: string, request: TryRequest, signal?: AbortSignal) {
  return body(api.POST('/api/v1/mocks/{mock_id}/try', { params: { path: { mock_id: mock } }, body: { request, published: true }, signal }))
}

/** trySeveral tries up to 50 requests, without what the mock simulates, on the content or on what is published. */
export async function trySeveral(mock: string, requests: TryRequest[], content?: string) {
  const what = content === undefined ? { published: true } : { content }
  const read = await body(
    api.POST('/api/v1/mocks/{mock_id}/try', { params: { path: { mock_id: mock } }, body: { requests, skip_delays: true, ...what } }),
  )
  return read.answers ?? []
}

/** tryText asks what content of no mock would answer. */
export function tryText(content: string, request: TryRequest, signal?: AbortSignal) {
  return body(api.POST('/api/v1/try', { body: { content, request }, signal }))
}

/** importDocument makes a mock's content of a document, or of what is at a URL; of some of its operations if they are named. */
export function importDocument(input: Schemas['ImportedDocument']) {
  return body(api.POST('/api/v1/import', { body: input }))
}

export const schemaQuery = queryOptions({
  queryKey: ['schema'],
  queryFn: ({ signal }) => body(api.GET('/api/v1/schema/mock.json', { signal })),
  staleTime: Number.POSITIVE_INFINITY,
})

/** The words of the template language. */
export const templateReferenceQuery = queryOptions({
  queryKey: ['schema', 'templates'],
  queryFn: ({ signal }) => body(api.GET('/api/v1/schema/templates.json', { signal })),
  staleTime: Number.POSITIVE_INFINITY,
})

export const availabilityQuery = (kind: 'mock' | 'workspace' | 'account', slug: string, workspace?: string) =>
  queryOptions({
    queryKey: ['availability', kind, workspace ?? '', slug],
    queryFn: ({ signal }) =>
      body(api.GET('/api/v1/availability', { params: { query: { kind, slug, workspace_slug: workspace } }, signal })),
    enabled: slug !== '',
    staleTime: 5000,
    retry: false,
  })
