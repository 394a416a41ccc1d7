import { expect, it } from 'vitest'
import type { RecordedRequest } from '@/api/queries/requests'
import { compare } from './traffic-check'

const record = (path: string) => ({ id: path, path }) as RecordedRequest
const answer = (status: number, body: string, endpoint = 'GET /a') =>
  ({ response: { status, body }, explanation: { endpoint } }) as Parameters<typeof compare>[1][number]

it('tells what changes from what changes by itself', () => {
  const records = ['/same', '/body', '/status', '/endpoint', '/random', '/random-status'].map(record)
  const before = [answer(200, 'a'), answer(200, 'a'), answer(200, 'a'), answer(200, 'a'), answer(200, 'r1'), answer(200, 'r1')]
  const again = [answer(200, 'a'), answer(200, 'a'), answer(200, 'a'), answer(200, 'a'), answer(200, 'r2'), answer(200, 'r2')]
  const after = [answer(200, 'a'), answer(200, 'b'), answer(404, 'a'), answer(200, 'a', 'GET /b'), answer(200, 'r3'), answer(500, 'r3')]
  const checked = compare(records, before, again, after)
  expect(checked.changes.map((each) => each.record.path)).toEqual(['/body', '/status', '/endpoint', '/random-status'])
  expect(checked.same).toBe(2)
})
