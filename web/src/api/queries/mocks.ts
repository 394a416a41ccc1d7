import { type QueryClient, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { api, body, everyPage, type Schemas, type Tagged, tagged } from '../client'

export type Mock = Schemas['Mock']
export type State = Schemas['State']
export type Publication = Schemas['Publication']
export type Diagnostic = Schemas['Diagnostic']

export const mockKeys = {
  all: ['mocks'] as const,
  index: (ws: string) => ['mocks', 'index', ws] as const,
  deleted: (ws: string) => ['mocks', 'deleted', ws] as const,
  one: (id: string) => ['mocks', 'one', id] as const,
  publication: (id: string) => ['mocks', 'publication', id] as const,
}

/** All mocks of a workspace, without content; events keep it true. */
export const indexQuery = (ws: string) =>
  queryOptions({
    queryKey: mockKeys.index(ws),
    queryFn: ({ signal }) =>
      everyPage((cursor) => body(api.GET('/api/v1/mocks', { params: { query: { workspace_slug: ws, limit: 200, cursor } }, signal }))),
    staleTime: Number.POSITIVE_INFINITY,
  })

export const deletedQuery = (ws: string) =>
  queryOptions({
    queryKey: mockKeys.deleted(ws),
    queryFn: ({ signal }) =>
      everyPage((cursor) =>
        body(api.GET('/api/v1/mocks', { params: { query: { workspace_slug: ws, deleted: true, limit: 200, cursor } }, signal })),
      ),
  })

/** A mock with its content and ETag; events keep it true. */
export const mockQuery = (id: string) =>
  queryOptions({
    queryKey: mockKeys.one(id),
    queryFn: ({ signal }) => tagged(api.GET('/api/v1/mocks/{mock_id}', { params: { path: { mock_id: id } }, signal })),
    staleTime: Number.POSITIVE_INFINITY,
  })

/** A mock by the names in an address, to show it before the list of all mocks is here. Its content comes with it. */
export const bySlugQuery = (ws: string, slug: string) =>
  queryOptions({
    queryKey: ['mocks', 'slug', ws, slug] as const,
    queryFn: async ({ client, signal }) => {
      const params = { path: { workspace_slug: ws, mock_slug: slug } }
      const read = await tagged(api.GET('/api/v1/workspaces/{workspace_slug}/mocks/{mock_slug}', { params, signal }))
      const known = mockKeys.one(read.data.id)
      if (!client.getQueryData(known)) client.setQueryData(known, read)
      return read.data
    },
    retry: false,
  })

export const publicationQuery = (id: string) =>
  queryOptions({
    queryKey: mockKeys.publication(id),
    queryFn: ({ signal }) => body(api.GET('/api/v1/mocks/{mock_id}/publication', { params: { path: { mock_id: id } }, signal })),
    staleTime: Number.POSITIVE_INFINITY,
  })

/** refreshMock reads a mock again where it is shown: in the lists, and by itself. */
export function refreshMock(client: QueryClient, id: string, ws?: string): void {
  void client.invalidateQueries({ queryKey: mockKeys.one(id) })
  void client.invalidateQueries({ queryKey: ws ? mockKeys.index(ws) : ['mocks', 'index'] })
}

/** keepMock writes what an answer says of a mock to wherever it is known. */
export function keepMock(client: QueryClient, read: Tagged<Mock>): void {
  const { content: _, ...listed } = read.data
  client.setQueryData(mockKeys.one(read.data.id), read)
  client.setQueryData<Mock[]>(mockKeys.index(read.data.workspace_slug), (list) => list && place(list, listed))
}

function place(list: Mock[], mock: Mock): Mock[] {
  const at = list.findIndex((each) => each.id === mock.id)
  return at < 0 ? [...list, mock] : list.with(at, mock)
}

/** patchMock changes what is known of a mock, in lists and by itself. */
export function patchMock(client: QueryClient, id: string, change: Partial<Mock>): void {
  client.setQueriesData<Mock[]>({ queryKey: ['mocks', 'index'] }, (list) => {
    const at = list?.findIndex((each) => each.id === id) ?? -1
    return list && at >= 0 ? list.with(at, { ...(list[at] as Mock), ...change }) : list
  })
  client.setQueryData<Tagged<Mock>>(mockKeys.one(id), (read) => read && { ...read, data: { ...read.data, ...change } })
}

/** dropMock takes a mock out of every list, or out of those of one workspace. */
export function dropMock(client: QueryClient, id: string, workspaceId?: string): void {
  const dropped = (each: Mock) => each.id === id && (workspaceId === undefined || each.workspace_id === workspaceId)
  client.setQueriesData<Mock[]>({ queryKey: ['mocks', 'index'] }, (list) => list?.filter((each) => !dropped(each)))
  void client.invalidateQueries({ queryKey: ['mocks', 'deleted'] })
}

export interface NewMock {
  input: Schemas['NewMock']
  key: string
}

export function useCreateMock() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ input, key }: NewMock) =>
      tagged(api.POST('/api/v1/mocks', { body: input, params: { header: { 'Idempotency-Key': key } } })),
    onSuccess: (read) => keepMock(client, read),
  })
}

/** A change that shows at once and is taken back when it fails. */
function useOptimistic<A extends { id: string }>(run: (input: A) => Promise<unknown>, change: (input: A) => Partial<Mock>) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: run,
    onMutate: (input: A) => {
      const known = client.getQueriesData<Mock[]>({ queryKey: ['mocks', 'index'] }).flatMap(([, list]) => list ?? [])
      const before = known.find((each) => each.id === input.id) ?? client.getQueryData<Tagged<Mock>>(mockKeys.one(input.id))?.data
      patchMock(client, input.id, change(input))
      return before
    },
    onError: (_error, input, before) => {
      if (before)
        patchMock(client, input.id, {
          state: before.state,
          reason: before.reason,
          slug: before.slug,
          name: before.name,
          description: before.description,
        })
    },
  })
}

export const usePublish = () =>
  useOptimistic(
    ({ id }: { id: string }) => body(api.POST('/api/v1/mocks/{mock_id}/publish', { params: { path: { mock_id: id } } })),
    () => ({ state: 'publishing' }),
  )

export const useUnpublish = () =>
  useOptimistic(
    ({ id }: { id: string }) => body(api.POST('/api/v1/mocks/{mock_id}/unpublish', { params: { path: { mock_id: id } } })),
    () => ({ state: 'offline' }),
  )

export function useDeleteMock() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ id }: { id: string }) => body(api.DELETE('/api/v1/mocks/{mock_id}', { params: { path: { mock_id: id } } })),
    onSuccess: (_, { id }) => dropMock(client, id),
  })
}

export function useRestoreMock() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ id, slug }: { id: string; slug?: string }) =>
      tagged(api.POST('/api/v1/mocks/{mock_id}/restore', { params: { path: { mock_id: id } }, body: slug ? { slug } : {} })),
    onSuccess: (read) => {
      keepMock(client, read)
      void client.invalidateQueries({ queryKey: mockKeys.deleted(read.data.workspace_slug) })
    },
  })
}

/** duplicateMock copies a mock's current revision, in the same workspace. */
export function duplicateMock(id: string, slug: string, key: string) {
  return tagged(
    api.POST('/api/v1/mocks/{mock_id}/duplicate', {
      params: { path: { mock_id: id }, header: { 'Idempotency-Key': key } },
      body: { slug },
    }),
  )
}

/** useUpdateMock changes the slug, the name or the description, unless somebody did meanwhile. */
export function useUpdateMock(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async (input: Schemas['MockUpdate']) => {
      const { etag } = await client.ensureQueryData(mockQuery(id))
      return tagged(api.PATCH('/api/v1/mocks/{mock_id}', { body: input, params: { path: { mock_id: id }, header: { 'If-Match': etag } } }))
    },
    onSuccess: (read) => keepMock(client, read),
    onError: () => refreshMock(client, id),
  })
}

export function useDuplicateMock(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ input, key }: { input: Schemas['MockCopy']; key: string }) =>
      tagged(
        api.POST('/api/v1/mocks/{mock_id}/duplicate', {
          body: input,
          params: { path: { mock_id: id }, header: { 'Idempotency-Key': key } },
        }),
      ),
    onSuccess: (read) => keepMock(client, read),
  })
}

export function useMoveMock(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (input: Schemas['MockMove']) =>
      tagged(api.POST('/api/v1/mocks/{mock_id}/move', { body: input, params: { path: { mock_id: id } } })),
    onSuccess: async (read) => {
      // The place it leaves is read again once the page has gone to the place where it is.
      client.setQueryData(mockKeys.one(id), read)
      await client.invalidateQueries({ queryKey: mockKeys.index(read.data.workspace_slug), refetchType: 'all' })
    },
  })
}
