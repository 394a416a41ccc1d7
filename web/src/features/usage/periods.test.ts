import { expect, it } from 'vitest'
import { type Counts, hourMs, periodsOf, quantile } from './periods'

const counts = (change: Partial<Counts>): Counts => ({
  requests: 0,
  informational: 0,
  success: 0,
  redirection: 0,
  client_error: 0,
  server_error: 0,
  other: 0,
  not_kept: 0,
  p50_us: 0,
  p95_us: 0,
  p99_us: 0,
  latency: [],
  ...change,
})

const from = Date.parse('2026-11-30T00:00:00Z')
const hour = (n: number, change: Partial<Counts>) => ({ hour: new Date(from + n * hourMs).toISOString(), counts: counts(change) })

it('quantiles are the ends of buckets, and nothing where nothing was asked', () => {
  const latency = [
    { up_to_us: 10, requests: 50 },
    { up_to_us: 100, requests: 45 },
    { up_to_us: 1000, requests: 5 },
  ]
  expect([0.5, 0.51, 0.95, 0.96, 0.99, 1].map((part) => quantile(latency, part))).toEqual([10, 100, 100, 1000, 1000, 1000])
  expect(quantile(latency.toReversed(), 0.5)).toBe(10)
  expect(quantile([], 0.5)).toBeUndefined()
})

it('every hour has its place, those without requests too', () => {
  const periods = periodsOf([hour(1, { requests: 3, success: 3 }), hour(4, { requests: 2, server_error: 2 })], from, from + 5 * hourMs, 1)
  expect(periods.map((each) => each.requests)).toEqual([0, 3, 0, 0, 2])
  expect(periods.map((each) => each.serverError)).toEqual([0, 0, 0, 0, 2])
  expect(periods[0]?.p50).toBeUndefined()
})

it('longer periods add counts and join the times', () => {
  const slow = { requests: 1, latency: [{ up_to_us: 1000, requests: 1 }] }
  const fast = { requests: 3, latency: [{ up_to_us: 10, requests: 3 }] }
  const [first, second] = periodsOf([hour(0, slow), hour(23, fast), hour(24, fast)], from, from + 48 * hourMs, 24)
  expect(first).toMatchObject({ requests: 4, p50: 10, p99: 1000 })
  expect(second).toMatchObject({ requests: 3, p99: 10 })
})

it('what lies outside is left out', () => {
  expect(periodsOf([hour(-1, { requests: 9 }), hour(7, { requests: 9 })], from, from + 2 * hourMs, 1).map((each) => each.requests)).toEqual(
    [0, 0],
  )
})
