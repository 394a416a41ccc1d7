import type { RequestRecord } from '@/api/queries/requests'
import { plain } from '@/features/editor/yaml/outline'

/** What the list shows; each is a parameter of the address. */
export interface Filters {
  method?: string | undefined
  /** A status or a class, as in `404` or `5xx`. */
  status?: string | undefined
  q?: string | undefined
  matched?: 'yes' | 'no' | undefined
  endpoint?: string | undefined
}

export function active(filters: Filters): boolean {
  return Object.values(filters).some((each) => each !== undefined && each !== '')
}

/** matches reports whether a request is shown. */
export function matches(record: RequestRecord, { method, status, q, matched, endpoint }: Filters): boolean {
  if (method && record.method !== method) return false
  if (status && (status.endsWith('xx') ? String(record.status)[0] !== status[0] : String(record.status) !== status)) return false
  if (matched && (record.endpoint !== '') !== (matched === 'yes')) return false
  if (endpoint && plain(record.endpoint) !== plain(endpoint)) return false
  if (!q) return true
  const text = q.toLowerCase()
  return [record.path, record.query, record.endpoint, record.host, record.id].some((each) => each.toLowerCase().includes(text))
}

/** joined are the requests of both lists, each once, the newest first. */
export function joined(a: readonly RequestRecord[], b: readonly RequestRecord[]): RequestRecord[] {
  const all = new Map([...b, ...a].map((each) => [each.id, each]))
  return [...all.values()].sort((x, y) => (x.time < y.time ? 1 : x.time > y.time ? -1 : x.id < y.id ? 1 : -1))
}
