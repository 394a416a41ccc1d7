import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { api, body } from '../client'

/** Mocks, endpoints and files with a text in their names, in all workspaces of the account. */
export const searchQuery = (text: string) =>
  queryOptions({
    queryKey: ['search', text] as const,
    queryFn: ({ signal }) => body(api.GET('/api/v1/search', { params: { query: { q: text, limit: 10 } }, signal })),
    enabled: text.length > 1,
    placeholderData: keepPreviousData,
    staleTime: 10_000,
  })
