import { useEffect, useRef, useState } from 'react'
import type { RequestRecord } from '@/api/queries/requests'

/**
 * useHeld keeps a list from moving under its reader: while `follow` it is the list as it comes, else the list as it was, with
 * older ones added below. `fresh` is how many newer ones wait.
 */
export function useHeld(items: readonly RequestRecord[], follow: boolean): { shown: readonly RequestRecord[]; fresh: number } {
  const [top, setTop] = useState<string | undefined>()
  const latest = useRef(items)
  latest.current = items
  useEffect(() => setTop(follow ? undefined : latest.current[0]?.id), [follow])
  if (top === undefined) return { shown: items, fresh: 0 }
  const at = items.findIndex((each) => each.id === top)
  return at <= 0 ? { shown: items, fresh: 0 } : { shown: items.slice(at), fresh: at }
}
