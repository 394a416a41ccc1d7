import { infiniteQueryOptions, queryOptions, useMutation } from '@tanstack/react-query'
import { api, body, type Schemas } from '../client'

export type RequestRecord = Schemas['Request']
export type EndpointCounts = Schemas['EndpointCounts']
export type RecordedRequest = Schemas['RecordedRequest']

export const requestKeys = {
  one: (mock: string, id: string) => ['requests', 'one', mock, id] as const,
  recording: (mock: string) => ['requests', 'recording', mock] as const,
}

/** newest reads the latest recorded requests, or those before a cursor. */
export function newest(mock: string, signal?: AbortSignal, cursor?: string) {
  return body(api.GET('/api/v1/mocks/{mock_id}/requests', { params: { path: { mock_id: mock }, query: { limit: 200, cursor } }, signal }))
}

/** What is looked for among the recorded requests of a mock. */
export interface RequestSearch {
  method?: string | undefined
  status?: string | undefined
  q?: string | undefined
  matched?: boolean | undefined
  endpoint?: string | undefined
}

/** The recorded requests that a search finds, the newest first: also in headers and bodies, and beyond what the page has read. */
export const foundQuery = (mock: string, search: RequestSearch) =>
  infiniteQueryOptions({
    queryKey: ['requests', 'found', mock, search] as const,
    queryFn: ({ signal, pageParam }) => {
      const { method, ...rest } = search
      const query = { ...rest, ...(method ? { method: [method] } : {}), limit: 200, cursor: pageParam }
      return body(api.GET('/api/v1/mocks/{mock_id}/requests', { params: { path: { mock_id: mock }, query }, signal }))
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor,
    staleTime: 1000,
  })

/** What was recorded of one request; it never changes. */
export const requestQuery = (mock: string, id: string) =>
  queryOptions({
    queryKey: requestKeys.one(mock, id),
    queryFn: ({ signal }) =>
      body(api.GET('/api/v1/mocks/{mock_id}/requests/{request_id}', { params: { path: { mock_id: mock, request_id: id } }, signal })),
    staleTime: Number.POSITIVE_INFINITY,
  })

/** How often each endpoint of a mock was called in the last day, and what nobody answered. */
export const endpointCountsQuery = (mock: string) =>
  queryOptions({
    queryKey: ['requests', 'counts', mock] as const,
    queryFn: ({ signal }) => body(api.GET('/api/v1/mocks/{mock_id}/endpoints', { params: { path: { mock_id: mock } }, signal })),
    staleTime: 30_000,
    refetchInterval: 60_000,
  })

export const recordingQuery = (mock: string) =>
  queryOptions({
    queryKey: requestKeys.recording(mock),
    queryFn: ({ signal }) => body(api.GET('/api/v1/mocks/{mock_id}/recording', { params: { path: { mock_id: mock } }, signal })),
  })

export const useClearRequests = () =>
  useMutation({
    mutationFn: (mock: string) => body(api.DELETE('/api/v1/mocks/{mock_id}/requests', { params: { path: { mock_id: mock } } })),
  })
