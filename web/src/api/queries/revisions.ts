import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { api, body, type Schemas, tagged } from '../client'
import { keepMock } from './mocks'

export type Revision = Schemas['Revision']

export const revisionKeys = {
  all: (mock: string) => ['revisions', mock] as const,
  list: (mock: string) => ['revisions', mock, 'list'] as const,
  one: (mock: string, revision: number) => ['revisions', mock, 'one', revision] as const,
  diff: (mock: string, from: number, to: number) => ['revisions', mock, 'diff', from, to] as const,
}

export const revisionsQuery = (mock: string) =>
  infiniteQueryOptions({
    queryKey: revisionKeys.list(mock),
    queryFn: ({ signal, pageParam }) =>
      body(
        api.GET('/api/v1/mocks/{mock_id}/revisions', {
          params: { path: { mock_id: mock }, query: { limit: 50, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor,
  })

/** A revision with its content, which never changes. */
export const revisionQuery = (mock: string, revision: number) =>
  queryOptions({
    queryKey: revisionKeys.one(mock, revision),
    queryFn: ({ signal }) =>
      body(api.GET('/api/v1/mocks/{mock_id}/revisions/{revision}', { params: { path: { mock_id: mock, revision } }, signal })),
    staleTime: Number.POSITIVE_INFINITY,
  })

export const diffQuery = (mock: string, from: number, to: number) =>
  queryOptions({
    queryKey: revisionKeys.diff(mock, from, to),
    queryFn: ({ signal }) =>
      body(
        api.GET('/api/v1/mocks/{mock_id}/revisions/{revision}/diff', {
          params: { path: { mock_id: mock, revision: to }, query: { from } },
          signal,
        }),
      ),
    staleTime: Number.POSITIVE_INFINITY,
  })

export interface Save {
  id: string
  content: string
  etag: string
  message?: string
  /** Whether a published mock goes live with it. */
  publish?: boolean
}

/** save writes a new revision; 412 if somebody else did meanwhile. */
export function save({ id, content, etag, message, publish = true }: Save) {
  return tagged(
    api.PUT('/api/v1/mocks/{mock_id}', {
      params: { path: { mock_id: id }, header: etag ? { 'If-Match': etag } : {} },
      body: message ? { content, message, publish } : { content, publish },
    }),
  )
}

export function readMock(id: string) {
  return tagged(api.GET('/api/v1/mocks/{mock_id}', { params: { path: { mock_id: id } } }))
}

export function useRollback(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ revision, etag, message }: { revision: number; etag?: string; message?: string }) =>
      tagged(
        api.POST('/api/v1/mocks/{mock_id}/rollback', {
          params: { path: { mock_id: id }, header: etag ? { 'If-Match': etag } : {} },
          body: message ? { revision, message } : { revision },
        }),
      ),
    onSuccess: (read) => {
      keepMock(client, read)
      void client.invalidateQueries({ queryKey: revisionKeys.all(id) })
    },
  })
}

export function useMark(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ revision, pinned, label }: { revision: number; pinned: boolean; label?: string }) =>
      body(
        api.PATCH('/api/v1/mocks/{mock_id}/revisions/{revision}', {
          params: { path: { mock_id: id, revision } },
          body: pinned && label ? { pinned, label } : { pinned },
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: revisionKeys.all(id) }),
  })
}
