import { infiniteQueryOptions } from '@tanstack/react-query'
import { api, body, type Schemas } from '../client'

export type Webhook = Schemas['Webhook']

export const webhookKeys = { of: (mock: string) => ['webhooks', mock] as const }

const unsettled = (each: Webhook) => each.state === 'waiting' || each.state === 'sending'

/** What a mock sent, newest first; read again while something is on its way. */
export const webhooksQuery = (mock: string) =>
  infiniteQueryOptions({
    queryKey: webhookKeys.of(mock),
    queryFn: ({ signal, pageParam }) =>
      body(
        api.GET('/api/v1/mocks/{mock_id}/webhooks', {
          params: { path: { mock_id: mock }, query: { limit: 50, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: (query) => (query.state.data?.pages[0]?.items.some(unsettled) ? 2000 : 15_000),
  })
