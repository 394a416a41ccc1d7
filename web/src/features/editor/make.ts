import type { RecordedRequest } from '@/api/queries/requests'
import type { Sample } from './yaml/insert'

const waiting = new Map<string, Sample>()

/** openForMaking leaves a request for the editor, which makes an endpoint of it when it comes into the page. */
export function openForMaking(mock: string, record: RecordedRequest): void {
  waiting.set(mock, {
    method: record.method,
    path: record.path,
    query: record.query,
    body: record.request.encoding === 'text' ? record.request.body : '',
  })
}

/** takeForMaking is what was left, once. */
export function takeForMaking(mock: string): Sample | undefined {
  const sample = waiting.get(mock)
  waiting.delete(mock)
  return sample
}
