import type { RequestRecord } from '@/api/queries/requests'
import type { Hits } from './codemirror/hits'
import { patternOf } from './yaml/insert'
import { type Item, label, plain } from './yaml/outline'

/** Calls of one kind that no endpoint answered. */
export interface Ghost {
  method: string
  /** With guessed parameters; what they have in common. */
  pattern: string
  /** The newest of them. */
  sample: RequestRecord
  requests: number
}

export interface Counted {
  /** By the name of the endpoint. */
  endpoints: ReadonlyMap<string, Hits>
  ghosts: Ghost[]
}

/** count sums up recorded requests, the newest first, by endpoint. */
export function count(records: readonly RequestRecord[]): Counted {
  const endpoints = new Map<string, Hits>()
  const ghosts = new Map<string, Ghost>()
  for (const each of records) {
    if (each.endpoint) {
      const name = plain(each.endpoint)
      const hits = endpoints.get(name) ?? { requests: 0, errors: 0 }
      endpoints.set(name, { requests: hits.requests + 1, errors: hits.errors + (each.status >= 500 ? 1 : 0) })
      continue
    }
    if (each.status !== 404 && each.status !== 405) continue
    const pattern = plain(patternOf(each.path))
    const key = `${each.method} ${pattern}`
    const ghost = ghosts.get(key)
    if (ghost) ghost.requests++
    else ghosts.set(key, { method: each.method, pattern, sample: each, requests: 1 })
  }
  return { endpoints, ghosts: [...ghosts.values()].sort((a, b) => b.requests - a.requests).slice(0, 50) }
}

/** nameOf is how a record names an endpoint; one is called WEBSOCKET there and WS here. */
export function hitsOf(counted: Counted, item: Item): Hits | undefined {
  return counted.endpoints.get(plain(label(item)))
}

/** wanted leaves out the ghosts that have become endpoints meanwhile. */
export function wanted(ghosts: Ghost[], items: readonly Item[]): Ghost[] {
  const names = new Set(items.map((each) => `${each.method} ${plain(each.path)}`))
  return ghosts.filter((each) => !names.has(`${each.method} ${each.pattern}`))
}
