import { QueryClient } from '@tanstack/react-query'
import { shouldRetry } from './client'

/** For what no event keeps true. */
export const soon = 30_000

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: soon,
      gcTime: 30 * 60_000,
      retry: shouldRetry,
      retryDelay: (attempt) => Math.min(1000 * 2 ** attempt, 8000) * (0.75 + Math.random() / 2),
      networkMode: 'always',
    },
    mutations: { retry: false, networkMode: 'always' },
  },
})
