import { expect, it } from 'vitest'
import type { RequestRecord } from '@/api/queries/requests'
import { type Filters, matches } from './filter'

const record = {
  id: '1',
  method: 'GET',
  status: 404,
  path: '/Pets/7',
  query: 'full=1',
  endpoint: 'GET /pets/:id|int',
  host: 'pets.test',
} as RequestRecord

it.each<[Filters, boolean]>([
  [{}, true],
  [{ method: 'GET' }, true],
  [{ method: 'POST' }, false],
  [{ status: '404' }, true],
  [{ status: '4xx' }, true],
  [{ status: '5xx' }, false],
  [{ q: 'pets/7' }, true],
  [{ q: 'FULL' }, true],
  [{ q: 'nothing' }, false],
  [{ matched: 'yes' }, true],
  [{ matched: 'no' }, false],
  [{ endpoint: 'GET /pets/:id' }, true],
  [{ endpoint: 'GET /pets' }, false],
  [{ method: 'GET', status: '4xx', q: 'pets', matched: 'yes' }, true],
])('%o', (filters, want) => {
  expect(matches(record, filters)).toBe(want)
})
