import type { AuditFilters } from '@/api/queries/audit'

/** What is in the address: days in the reader's zone, both of them included. */
export interface AuditSearch {
  account?: string
  action?: string
  since?: string
  until?: string
}

/** startOf gives the beginning of a day in the reader's zone, some days later; nothing for what is no day. */
function startOf(day: string | undefined, later = 0): string | undefined {
  const [, year, month, date] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day ?? '') ?? []
  if (!year || !month || !date) return undefined
  const start = new Date(Number(year), Number(month) - 1, Number(date) + later)
  return Number.isNaN(start.getTime()) ? undefined : start.toISOString()
}

export function filtersOf({ account, action, since, until }: AuditSearch): AuditFilters {
  return { username: account, action, since: startOf(since), until: startOf(until, 1) }
}
