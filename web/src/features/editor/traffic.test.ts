import { expect, it } from 'vitest'
import type { RequestRecord } from '@/api/queries/requests'
import { count, hitsOf, wanted } from './traffic'
import { outline } from './yaml/outline'

const record = (method: string, path: string, endpoint: string, status: number) =>
  ({ id: path, method, path, endpoint, status, time: '2026-01-01T00:00:00Z' }) as RequestRecord

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

it('adds what came since to what the server has counted', () => {
  const at = (time: string, each: RequestRecord) => ({ ...each, time })
  const counts = {
    since: '',
    total: 9,
    recorded: 9,
    items: [{ endpoint: 'GET /pets', requests: 7, client_error: 0, server_error: 1, last_request_at: '2026-01-01T00:00:05Z' }],
    unmatched: [{ method: 'GET', path: '/cats/7', requests: 2, last_request_at: '2026-01-01T00:00:04Z' }],
  }
  const counted = count(
    [
      at('2026-01-01T00:00:07Z', record('GET', '/pets', 'GET /pets', 500)),
      at('2026-01-01T00:00:06Z', record('GET', '/cats/8', '', 404)),
      at('2026-01-01T00:00:05Z', record('GET', '/pets', 'GET /pets', 200)),
      at('2026-01-01T00:00:04Z', record('GET', '/cats/7', '', 404)),
    ],
    counts,
  )
  expect([...counted.endpoints]).toEqual([['GET /pets', { requests: 8, errors: 2 }]])
  expect(counted.ghosts).toEqual([{ method: 'GET', pattern: '/cats/:id', requests: 3, sample: expect.objectContaining({ id: '/cats/8' }) }])
})

it('knows what a resource answers', () => {
  const items = outline(['- crud:', '    path: /people'])
  const counted = count([
    record('GET', '/people', 'GET /people', 200),
    record('DELETE', '/people/7', 'DELETE /people/:id', 500),
    record('PATCH', '/people/7', '', 404),
  ])
  expect(items.map((each) => `${each.kind} ${each.method} ${each.path}`)).toEqual(['resource CRUD /people'])
  expect(hitsOf(counted, items[0] as (typeof items)[0])).toEqual({ requests: 2, errors: 1 })
  expect(wanted(counted.ghosts, items)).toEqual([])
})
