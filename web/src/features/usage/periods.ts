import type { Schemas } from '@/api/client'

export type Counts = Schemas['RequestCounts']
type Bucket = Schemas['LatencyBucket']

export interface Period {
  /** Its beginning. */
  at: number
  /** How long it is, in milliseconds. */
  length: number
  requests: number
  success: number
  redirection: number
  clientError: number
  serverError: number
  notKept: number
  /** Microseconds; undefined where nothing was asked. */
  p50: number | undefined
  p95: number | undefined
  p99: number | undefined
}

export const hourMs = 3_600_000

/** quantile reads a histogram: the longest time of the bucket in which that part of all requests is reached. */
export function quantile(latency: Bucket[], part: number): number | undefined {
  const total = latency.reduce((sum, each) => sum + each.requests, 0)
  if (total === 0) return undefined
  let reached = 0
  for (const each of latency.toSorted((a, b) => a.up_to_us - b.up_to_us)) {
    reached += each.requests
    if (reached >= part * total) return each.up_to_us
  }
  return latency.at(-1)?.up_to_us
}

function add(all: Counts[], at: number, length: number): Period {
  const sum = (of: (each: Counts) => number) => all.reduce((total, each) => total + of(each), 0)
  const buckets = new Map<number, number>()
  for (const { latency } of all)
    for (const { up_to_us, requests } of latency) buckets.set(up_to_us, (buckets.get(up_to_us) ?? 0) + requests)
  const latency = [...buckets].map(([up_to_us, requests]) => ({ up_to_us, requests }))
  return {
    at,
    length,
    requests: sum((each) => each.requests),
    success: sum((each) => each.success + each.informational + each.other),
    redirection: sum((each) => each.redirection),
    clientError: sum((each) => each.client_error),
    serverError: sum((each) => each.server_error),
    notKept: sum((each) => each.not_kept),
    p50: quantile(latency, 0.5),
    p95: quantile(latency, 0.95),
    p99: quantile(latency, 0.99),
  }
}

/** periodsOf cuts the time from `from` to `to` into periods of some hours each; those in which nothing was asked are there too. */
export function periodsOf(hours: Schemas['UsageHour'][], from: number, to: number, perPeriod: number): Period[] {
  const length = perPeriod * hourMs
  const count = Math.max(1, Math.ceil((to - from) / length))
  const parts: Counts[][] = Array.from({ length: count }, () => [])
  for (const { hour, counts } of hours) parts[Math.floor((new Date(hour).getTime() - from) / length)]?.push(counts)
  return parts.map((all, index) => add(all, from + index * length, length))
}
