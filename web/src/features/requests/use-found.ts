import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'
import { foundQuery, type RequestRecord } from '@/api/queries/requests'
import { useSettled } from '@/lib/use-settled'
import { active, type Filters, joined, matches } from './filter'

/** useFound is what the filters leave of a mock's requests: those of the page at once, and those that the server finds beside them. */
export function useFound(mock: string, items: readonly RequestRecord[], filters: Filters) {
  const { method, status, q, matched, endpoint } = filters
  const wanted = useMemo(() => ({ method, status, q, matched, endpoint }), [method, status, q, matched, endpoint])
  const on = active(wanted)
  const asked = useSettled(wanted)
  const search = { ...asked, matched: asked.matched && asked.matched === 'yes' }
  const { data, error, isFetching, hasNextPage, fetchNextPage, refetch } = useInfiniteQuery({
    ...foundQuery(mock, search),
    enabled: on && active(asked),
    placeholderData: keepPreviousData,
  })
  // What comes meanwhile may have the text where only the server can look: in its headers and bodies.
  const newest = useSettled(items[0]?.id, 1000)
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each time that there is something new
  useEffect(() => {
    if (asked.q) void refetch()
  }, [newest])
  const here = useMemo(() => (on ? items.filter((each) => matches(each, wanted)) : items), [on, items, wanted])
  const settled = asked === wanted
  const found = useMemo(
    () =>
      on && settled && data
        ? joined(
            here,
            data.pages.flatMap((page) => page.items),
          )
        : here,
    [on, settled, data, here],
  )
  return {
    found,
    on,
    searching: on && (isFetching || !settled),
    error: on ? error : null,
    more: on && hasNextPage ? fetchNextPage : undefined,
  }
}
