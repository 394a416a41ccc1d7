import { useEffect, useSyncExternalStore } from 'react'
import { newest, type RequestRecord } from '@/api/queries/requests'
import { Listeners } from '@/lib/listeners'
import { liveEvents, liveGaps, watch } from './hub'

const most = 10_000
/** How often those who look are told, in milliseconds. */
const beat = 100

export interface Traffic {
  /** The newest first. */
  items: readonly RequestRecord[]
  loading: boolean
  error: unknown
  /** How many were missed because there were too many to tell. */
  missed: number
  /** More of them are stored than were read. */
  cursor: string | undefined
  /** In the last ten seconds, a second. */
  rate: number
}

/** The requests of one mock as they come: kept outside of React, which hears of them ten times a second at most. */
class Log {
  readonly mock: string
  readonly listeners = new Listeners()
  state: Traffic = { items: [], loading: true, error: undefined, missed: 0, cursor: undefined, rate: 0 }
  #users = 0
  #ids = new Set<string>()
  #pending: RequestRecord[] = []
  #timer: ReturnType<typeof setTimeout> | undefined
  #forget: (() => void)[] = []
  #arrivals: number[] = []

  constructor(mock: string) {
    this.mock = mock
  }

  use(): () => void {
    if (this.#users++ === 0) this.#open()
    return () => {
      if (--this.#users === 0) this.#close()
    }
  }

  #open(): void {
    // The newest page at once, and once more when the stream stands (`reset`), joined by id: nothing falls between them.
    this.#forget = [
      liveEvents.add((event, mock) => {
        if (mock !== this.mock) return
        if (event.event === 'request' && event.data) this.#take([event.data as RequestRecord])
        else if (event.event === 'reset') this.#loadAll()
        else if (event.event === 'missed')
          this.#change({ missed: this.state.missed + ((event.data as { count?: number } | undefined)?.count ?? 1) })
      }),
      liveGaps.add(() => void this.load()),
      watch(this.mock),
    ]
    const ticking = setInterval(() => this.#count(), 1000)
    this.#forget.push(() => clearInterval(ticking))
    void this.load()
  }

  /** What was answered just before the stream stood may not be stored yet: it is looked for a few times. */
  #loadAll(): void {
    void this.load()
    for (const wait of [1000, 3000, 8000]) {
      const timer = setTimeout(() => void this.load(), wait)
      this.#forget.push(() => clearTimeout(timer))
    }
  }

  #close(): void {
    for (const each of this.#forget) each()
    this.#forget = []
  }

  load = async (cursor?: string): Promise<void> => {
    try {
      const page = await newest(this.mock, undefined, cursor)
      this.#join(page.items)
      const first = cursor !== undefined || this.state.cursor === undefined
      this.#change({ loading: false, error: undefined, cursor: first ? page.next_cursor : this.state.cursor })
    } catch (error) {
      this.#change({ loading: false, error })
    }
  }

  clear(): void {
    this.#ids.clear()
    this.#pending = []
    this.#change({ items: [], cursor: undefined, missed: 0 })
  }

  /** forget puts back what clear took away. */
  put(items: readonly RequestRecord[]): void {
    this.#join(items)
  }

  #take(records: RequestRecord[]): void {
    this.#arrivals.push(...records.map(() => Date.now()))
    this.#pending.push(...records)
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      const pending = this.#pending
      this.#pending = []
      this.#join(pending)
      this.#count()
    }, beat)
  }

  #count(): void {
    const since = Date.now() - 10_000
    this.#arrivals = this.#arrivals.filter((each) => each > since)
    const rate = this.#arrivals.length / 10
    if (rate !== this.state.rate) this.#change({ rate })
  }

  #join(records: readonly RequestRecord[]): void {
    const fresh = records.filter((each) => !this.#ids.has(each.id))
    if (fresh.length === 0) return
    for (const each of fresh) this.#ids.add(each.id)
    const items = [...fresh, ...this.state.items]
    const newer = this.state.items[0]?.time ?? ''
    if (fresh.length > 1 || (fresh[0]?.time ?? '') < newer)
      items.sort((a, b) => (a.time < b.time ? 1 : a.time > b.time ? -1 : a.id < b.id ? 1 : -1))
    for (const each of items.splice(most)) this.#ids.delete(each.id)
    this.#change({ items })
  }

  #change(change: Partial<Traffic>): void {
    this.state = { ...this.state, ...change }
    this.listeners.call()
  }
}

const logs = new Map<string, Log>()

export function trafficOf(mock: string): Log {
  const known = logs.get(mock)
  if (known) return known
  const log = new Log(mock)
  logs.set(mock, log)
  return log
}

/** useTraffic follows the requests of a mock while the component is there. */
export function useTraffic(mock: string): Traffic & { log: Log } {
  const log = trafficOf(mock)
  const state = useSyncExternalStore(log.listeners.add, () => log.state)
  useEffect(() => log.use(), [log])
  return { ...state, log }
}
