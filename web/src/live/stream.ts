import { EventSourceParserStream } from 'eventsource-parser/stream'
import { session } from '@/api/session'
import { pause } from './backoff'

export interface StreamEvent {
  event: string
  data: unknown
}

export interface Follower {
  onEvent: (event: StreamEvent) => void
  /** Whether the stream stands, and whether events may have been lost since it did. */
  onState: (connected: boolean) => void
}

/**
 * follow reads a stream of server-sent events until the signal: with fetch and not EventSource, because that does not tell an
 * ended session from a broken network. It connects again by itself, from where it was.
 */
export async function follow(path: string, { onEvent, onState }: Follower, signal: AbortSignal): Promise<void> {
  let lastId = ''
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      const response = await fetch(path, { signal, headers: lastId ? { 'Last-Event-ID': lastId } : {}, cache: 'no-store' })
      if (response.status === 401 && session.known()) {
        await session.renewed()
        attempt = -1
        continue
      }
      if (response.ok && response.body) {
        attempt = -1
        onState(true)
        const events = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream())
        for await (const each of iterate(events)) {
          if (each.id !== undefined) lastId = each.id
          onEvent({ event: each.event ?? 'message', data: parse(each.data) })
        }
      }
    } catch {
      // The network broke, or the stream was given up: what follows is the same.
    }
    if (signal.aborted) return
    onState(false)
    await pause(Math.max(attempt, 0), signal)
  }
}

async function* iterate<T>(stream: ReadableStream<T>): AsyncGenerator<T> {
  const reader = stream.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    reader.releaseLock()
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
