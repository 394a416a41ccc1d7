import { Cell } from '@/lib/listeners'

/** Whether this browser hears the server's events. */
export type LiveStatus = { state: 'connecting' } | { state: 'live' } | { state: 'reconnecting' } | { state: 'offline'; since: number }

export const liveStatus = new Cell<LiveStatus>({ state: 'connecting' })
