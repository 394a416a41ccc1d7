import { expect, it } from 'vitest'
import type { RequestRecord } from '@/api/queries/requests'
import { count, hitsOf, wanted } from './traffic'
import { outline } from './yaml/outline'

const record = (method: string, path: string, endpoint: string, status: number) =>
  ({ id: path, method, path, endpoint, status }) as RequestRecord

it('counts endpoints, and what nobody answered', () => {
  const counted = count([
    record('GET', '/pets/1', 'GET /pets/:id', 200),
    record('GET', '/pets/2', 'GET /pets/:id', 500),
    record('GET', '/pets/7/photos', '', 404),
    record('GET', '/pets/8/photos', '', 404),
    record('POST', '/pets/1', '', 405),
    record('GET', '/x', '', 200),
  ])
  const items = outline(['- endpoint:', '    path: /pets/:id|int', '- endpoint: {path: "/pets/:id/photos"}'])
  expect(items.map((each) => hitsOf(counted, each))).toEqual([{ requests: 2, errors: 1 }, undefined])
  expect(counted.ghosts.map((each) => `${each.method} ${each.pattern} ${each.requests}`)).toEqual([
    'GET /pets/:id/photos 2',
    'POST /pets/:id 1',
  ])
  expect(wanted(counted.ghosts, items).map((each) => each.pattern)).toEqual(['/pets/:id'])
})
