import { expect, it } from 'vitest'
import { filtersOf } from './filters'

it('both days are included, in the reader’s zone', () => {
  const { since, until } = filtersOf({ since: '2026-11-30', until: '2026-11-30' })
  expect(since).toBe(new Date(2026, 10, 30).toISOString())
  expect(until).toBe(new Date(2026, 11, 1).toISOString())
})

it.each(['', 'yesterday', '2026-1-1', '2026-11-30T00:00:00Z'])('%j is no day', (since) => {
  expect(filtersOf({ since }).since).toBeUndefined()
})
