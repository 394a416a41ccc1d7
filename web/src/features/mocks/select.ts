import type { Activity } from '@/api/queries/activity'
import type { Mock } from '@/api/queries/mocks'

export type Face = 'published' | 'publishing' | 'invalid' | 'offline'
export type Sort = 'slug' | 'updated' | 'requests' | 'last'

export interface Wanted {
  q?: string | undefined
  state?: Face | undefined
  sort?: Sort | undefined
}

export function faceOf(mock: Pick<Mock, 'state'>): Face {
  return mock.state === 'offline_invalid' ? 'invalid' : mock.state
}

/** select finds and orders the mocks that are wanted: of thousands, while somebody types. */
export function select(
  mocks: readonly Mock[],
  activity: ReadonlyMap<string, Activity> | undefined,
  { q, state, sort = 'slug' }: Wanted,
): Mock[] {
  const words = (q ?? '').toLowerCase().split(/\s+/).filter(Boolean)
  const found = mocks.filter((each) => {
    if (state && faceOf(each) !== state) return false
    if (words.length === 0) return true
    const text = `${each.slug} ${each.name} ${each.hosts.join(' ')}`.toLowerCase()
    return words.every((word) => text.includes(word))
  })
  const last = (each: Mock) => activity?.get(each.id)?.last_request_at ?? each.last_request_at ?? ''
  const order: Record<Sort, (a: Mock, b: Mock) => number> = {
    slug: (a, b) => (a.slug < b.slug ? -1 : 1),
    updated: (a, b) => (a.updated_at > b.updated_at ? -1 : 1),
    requests: (a, b) => (activity?.get(b.id)?.requests ?? 0) - (activity?.get(a.id)?.requests ?? 0) || (a.slug < b.slug ? -1 : 1),
    last: (a, b) => (last(a) > last(b) ? -1 : 1),
  }
  return found.sort(order[sort])
}
