import { useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { tabId } from '@/api/client'
import { accountQuery } from '@/api/queries/account'
import { applyEvent } from './apply'
import { liveEvents, liveGaps, startLive } from './hub'

/** useLive keeps what is known up to date while the page is there. */
export function useLive(): void {
  const client = useQueryClient()
  const account = useSuspenseQuery(accountQuery).data.data.id
  useEffect(() => {
    const forget = [
      // What a stream of requests says is for those who show requests.
      liveEvents.add((event, mock) => mock === undefined && applyEvent(client, event)),
      liveGaps.add(() => void client.invalidateQueries({ refetchType: 'active' })),
    ]
    const stop = startLive(account, tabId)
    return () => {
      stop()
      for (const each of forget) each()
    }
  }, [client, account])
}
