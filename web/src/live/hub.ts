import { Listeners } from '@/lib/listeners'
import { type LiveStatus, liveStatus } from './status'
import { follow, type StreamEvent } from './stream'

/*
 * One connection a browser, not a tab: HTTP/1.1 allows six to a host. The tab that holds the lock reads the events and passes
 * them on; the others tell it which mocks' requests they watch. When it goes another one takes over.
 */

type Message =
  | { kind: 'event'; event: StreamEvent; mock?: string }
  | { kind: 'status'; status: LiveStatus }
  | { kind: 'watch'; tab: string; mocks: string[] }
  | { kind: 'leader' } // whoever watches says so again
  | { kind: 'hello' } // a new tab asks how things stand

/** Requests are told with the mock that they are of; everything else without. */
export const liveEvents = new Listeners<[event: StreamEvent, mock?: string]>()
/** The connection stands again after a gap: what is shown may be out of date. */
export const liveGaps = new Listeners()

const watching = new Map<string, number>()
const watchChanges = new Listeners()

/** watch asks for the requests of a mock until the answer is called. */
export function watch(mock: string): () => void {
  watching.set(mock, (watching.get(mock) ?? 0) + 1)
  watchChanges.call()
  return () => {
    const left = (watching.get(mock) ?? 1) - 1
    if (left > 0) watching.set(mock, left)
    else watching.delete(mock)
    watchChanges.call()
  }
}

/** startLive follows the events of an account until the answer is called. */
export function startLive(account: string, tab: string): () => void {
  const stop = new AbortController()
  const channel = 'BroadcastChannel' in window ? new BroadcastChannel(`mocloud-live-${account}`) : undefined
  const others = new Map<string, string[]>()
  const streams = new Map<string, AbortController>()
  let leading = false
  let wasLive = false

  const say = (message: Message) => channel?.postMessage(message)
  const mine = (): string[] => [...watching.keys()]

  const setStatus = (status: LiveStatus) => {
    if (status.state === 'live' && wasLive && liveStatus.get().state !== 'live') liveGaps.call()
    wasLive ||= status.state === 'live'
    liveStatus.set(status)
  }
  const tell = (event: StreamEvent, mock?: string) => {
    liveEvents.call(event, mock)
    say({ kind: 'event', event, mock })
  }

  const stateChanged = (connected: boolean) => {
    const now = liveStatus.get()
    const status: LiveStatus = connected
      ? { state: 'live' }
      : now.state === 'live' || now.state === 'connecting'
        ? { state: 'reconnecting' }
        : now.state === 'offline'
          ? now
          : { state: 'offline', since: Date.now() }
    setStatus(status)
    say({ kind: 'status', status })
  }

  /** syncStreams follows the requests of exactly the mocks that some tab watches. */
  const syncStreams = () => {
    if (!leading) return
    const wanted = new Set([...mine(), ...[...others.values()].flat()])
    for (const [mock, stream] of streams) {
      if (wanted.has(mock)) continue
      stream.abort()
      streams.delete(mock)
    }
    for (const mock of wanted) {
      if (streams.has(mock)) continue
      const stream = new AbortController()
      streams.set(mock, stream)
      const follower = {
        onEvent: (event: StreamEvent) => tell(event, mock),
        // What came before the stream stood is read again.
        onState: (connected: boolean) => connected && tell({ event: 'reset', data: undefined }, mock),
      }
      void follow(`/api/v1/mocks/${mock}/requests/events`, follower, AbortSignal.any([stream.signal, stop.signal]))
    }
  }

  const lead = async () => {
    leading = true
    say({ kind: 'leader' })
    syncStreams()
    await follow('/api/v1/events', { onEvent: (event) => tell(event), onState: stateChanged }, stop.signal)
  }

  if (channel) {
    channel.onmessage = ({ data }: MessageEvent<Message>) => {
      if (data.kind === 'event') liveEvents.call(data.event, data.mock)
      else if (data.kind === 'status') setStatus(data.status)
      else if (data.kind === 'watch') {
        if (data.mocks.length > 0) others.set(data.tab, data.mocks)
        else others.delete(data.tab)
        syncStreams()
      } else if (data.kind === 'leader') say({ kind: 'watch', tab, mocks: mine() })
      else if (leading) say({ kind: 'status', status: liveStatus.get() })
    }
    say({ kind: 'hello' })
  }
  const forget = watchChanges.add(() => {
    syncStreams()
    say({ kind: 'watch', tab, mocks: mine() })
  })
  const leave = () => say({ kind: 'watch', tab, mocks: [] })
  window.addEventListener('pagehide', leave)

  if (navigator.locks && channel)
    void navigator.locks.request(`mocloud-live-${account}`, { signal: stop.signal }, lead).catch(() => undefined)
  else void lead()

  return () => {
    window.removeEventListener('pagehide', leave)
    leave()
    forget()
    stop.abort()
    channel?.close()
  }
}
