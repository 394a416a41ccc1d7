import type { EndpointCounts, RequestRecord } from '@/api/queries/requests'
import type { Hits } from './codemirror/hits'
import { patternOf } from './yaml/insert'
import { answersOf, type Item, label, plain } from './yaml/outline'

/** Calls of one kind that no endpoint answered. */
export interface Ghost {
  method: string
  /** With guessed parameters; what they have in common. */
  pattern: string
  /** The newest of them; without an id where only its path is known. */
  sample: { path: string; query?: string; id?: string }
  requests: number
}

export interface Counted {
  /** By the name of the endpoint. */
  endpoints: ReadonlyMap<string, Hits>
  ghosts: Ghost[]
}

/**
 * count sums up calls by endpoint: those that the server has counted, and the recorded requests, the newest first, that came
 * since.
 */
export function count(records: readonly RequestRecord[], counts?: EndpointCounts): Counted {
  const endpoints = new Map<string, Hits>()
  const ghosts = new Map<string, Ghost>()
  const hit = (name: string, requests: number, errors: number) => {
    const hits = endpoints.get(plain(name))
    endpoints.set(plain(name), { requests: (hits?.requests ?? 0) + requests, errors: (hits?.errors ?? 0) + errors })
  }
  const miss = (method: string, sample: Ghost['sample'], requests: number) => {
    const pattern = plain(patternOf(sample.path))
    const key = `${method} ${pattern}`
    const ghost = ghosts.get(key)
    if (!ghost) ghosts.set(key, { method, pattern, sample, requests })
    else {
      ghost.requests += requests
      if (!ghost.sample.id && sample.id) ghost.sample = sample
    }
  }
  const until = newestOf(counts)
  for (const each of records) {
    if (each.time <= until) {
      // It is counted; what a ghost is made of needs the request itself, too.
      if (!each.endpoint) miss(each.method, each, 0)
    } else if (each.endpoint) hit(each.endpoint, 1, each.status >= 500 ? 1 : 0)
    else if (each.status === 404 || each.status === 405) miss(each.method, each, 1)
  }
  for (const each of counts?.items ?? []) hit(each.endpoint, each.requests, each.server_error)
  for (const each of counts?.unmatched ?? []) miss(each.method, { path: each.path }, each.requests)
  const found = [...ghosts.values()].filter((each) => each.requests > 0)
  return { endpoints, ghosts: found.sort((a, b) => b.requests - a.requests).slice(0, 50) }
}

/** newestOf is the time of the last request that was counted. */
function newestOf(counts: EndpointCounts | undefined): string {
  const all = [...(counts?.items ?? []), ...(counts?.unmatched ?? [])]
  return all.reduce((newest, each) => (each.last_request_at > newest ? each.last_request_at : newest), '')
}

/** hitsOf is how often an item was called, undefined for never. */
export function hitsOf(counted: Counted, item: Item): Hits | undefined {
  const all = answersOf(item).flatMap((each) => counted.endpoints.get(plain(label(each))) ?? [])
  if (all.length < 2) return all[0]
  return all.reduce((sum, each) => ({ requests: sum.requests + each.requests, errors: sum.errors + each.errors }))
}

/** wanted leaves out the ghosts that have become endpoints meanwhile. */
export function wanted(ghosts: Ghost[], items: readonly Item[]): Ghost[] {
  const names = new Set(items.flatMap(answersOf).map((each) => `${each.method} ${plain(each.path)}`))
  return ghosts.filter((each) => !names.has(`${each.method} ${each.pattern}`))
}
