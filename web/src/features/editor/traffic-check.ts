import type { Schemas } from '@/api/client'
import type { RecordedRequest } from '@/api/queries/requests'
import type { TryRequest } from '@/api/queries/tools'

type TryAnswer = Schemas['TryAnswer']

/** A recorded request that the draft would answer differently. */
export interface Change {
  record: RecordedRequest
  before: TryAnswer
  after: TryAnswer
}

export interface Checked {
  same: number
  changes: Change[]
}

export function requestOf(record: RecordedRequest): TryRequest {
  const { body, encoding } = record.request
  return {
    method: record.method,
    path: record.path + (record.query ? `?${record.query}` : ''),
    headers: record.request.headers.slice(0, 100).map(({ name, value }) => ({ name, value })),
    ...(body === '' ? {} : encoding === 'base64' ? { body_base64: body } : { body }),
  }
}

const text = (answer: TryAnswer): string => answer.response?.body ?? answer.response?.body_base64 ?? ''
const head = (answer: TryAnswer): string => `${answer.response?.status} ${answer.explanation?.endpoint ?? ''}`

/**
 * compare finds what changes. `again` are the published answers a second time: where those differ by themselves (a time, a
 * random number) only the status and the endpoint count.
 */
export function compare(records: RecordedRequest[], before: TryAnswer[], again: TryAnswer[], after: TryAnswer[]): Checked {
  const changes: Change[] = []
  records.forEach((record, index) => {
    const [a, b, c] = [before[index], again[index], after[index]]
    if (!a || !b || !c) return
    const steady = text(a) === text(b)
    if (head(a) !== head(c) || (steady && text(a) !== text(c))) changes.push({ record, before: a, after: c })
  })
  return { same: records.length - changes.length, changes }
}
