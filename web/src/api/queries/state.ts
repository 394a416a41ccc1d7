import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { api, body, type Schemas } from '../client'

export type MockState = Schemas['MockState']

export const stateKeys = { all: (mock: string) => ['state', mock] as const }

const named = (session: string) => (session ? { session_name: session } : {})

/** What a published mock remembers in a session, `''` for the common one. */
export const stateQuery = (mock: string, session: string) =>
  queryOptions({
    queryKey: [...stateKeys.all(mock), 'of', session] as const,
    queryFn: ({ signal }) =>
      body(api.GET('/api/v1/mocks/{mock_id}/state', { params: { path: { mock_id: mock }, query: named(session) }, signal })),
    refetchInterval: 3000,
    retry: false,
  })

export const mockSessionsQuery = (mock: string) =>
  queryOptions({
    queryKey: [...stateKeys.all(mock), 'sessions'] as const,
    queryFn: ({ signal }) => body(api.GET('/api/v1/mocks/{mock_id}/sessions', { params: { path: { mock_id: mock } }, signal })),
    refetchInterval: 5000,
    retry: false,
  })

/** useStateActs changes what a session remembers. */
export function useStateActs(mock: string, session: string) {
  const client = useQueryClient()
  const after = { onSettled: () => client.invalidateQueries({ queryKey: stateKeys.all(mock) }) }
  const query = named(session)
  return {
    reset: useMutation({
      mutationFn: (name?: string) =>
        body(
          api.DELETE('/api/v1/mocks/{mock_id}/state', {
            params: { path: { mock_id: mock }, query: { ...query, ...(name ? { name } : {}) } },
          }),
        ),
      ...after,
    }),
    put: useMutation({
      mutationFn: ({ path, value }: { path: string; value: unknown }) =>
        body(
          api.PUT('/api/v1/mocks/{mock_id}/state/{path}', {
            params: { path: { mock_id: mock, path }, query },
            body: { value: value as Schemas['NewStateValue']['value'] },
          }),
        ),
      ...after,
    }),
    clock: useMutation({
      mutationFn: (input: Schemas['ClockUpdate'] | undefined) =>
        input
          ? body(api.PUT('/api/v1/mocks/{mock_id}/clock', { params: { path: { mock_id: mock }, query }, body: input }))
          : body(api.DELETE('/api/v1/mocks/{mock_id}/clock', { params: { path: { mock_id: mock }, query } })),
      ...after,
    }),
    forget: useMutation({
      mutationFn: (name: string) =>
        body(api.DELETE('/api/v1/mocks/{mock_id}/sessions/{session_name}', { params: { path: { mock_id: mock, session_name: name } } })),
      ...after,
    }),
  }
}
