import { queryOptions } from '@tanstack/react-query'
import { api, body } from '../client'

/** What this installation is: it changes with a restart of the server only. */
export const instanceQuery = queryOptions({
  queryKey: ['instance'],
  queryFn: ({ signal }) => body(api.GET('/api/v1/instance', { signal })),
  staleTime: 10 * 60_000,
})
