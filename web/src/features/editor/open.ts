import { queryOptions } from '@tanstack/react-query'
import { accountQuery } from '@/api/queries/account'
import { mockQuery } from '@/api/queries/mocks'
import { queryClient } from '@/api/query-client'
import { texts } from '@/i18n'
import { bytes } from '@/i18n/format'
import { openSession } from './session'

/** What is being written of a mock: read from the server and from the draft once, and kept while the page lives. */
export const editorQuery = (id: string) =>
  queryOptions({
    queryKey: ['editor', id] as const,
    queryFn: async () => {
      const [account, read] = await Promise.all([queryClient.ensureQueryData(accountQuery), queryClient.ensureQueryData(mockQuery(id))])
      const { label, fix, lastValue, noValue } = texts().editor
      const tooLarge = (size: number, limit: number) => texts().editor.tooLarge(bytes(size), bytes(limit))
      return openSession(account.data.id, read, { label, fix, tooLarge, last: lastValue, none: noValue })
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
  })

/** openEditor has a mock ready before its page is drawn, which then draws once. */
export async function openEditor(id: string): Promise<void> {
  await queryClient.ensureQueryData(editorQuery(id)).catch(() => undefined) // the page says what went wrong
}
