import type { components, paths } from '@contract'
import createClient from 'openapi-fetch'
import { ProblemError, problemOf } from './problem'
import { session } from './session'

export type Schemas = components['schemas']

/** Names this tab, so that it knows its own changes among the events. */
export const tabId: string = crypto.randomUUID()

/**
 * Sends a request, and once more after signing in again when the session has ended meanwhile: whoever waits for the answer
 * does not notice.
 */
async function send(request: Request): Promise<Response> {
  const again = request.clone()
  const response = await fetch(request)
  if (response.status !== 401 || !session.known() || signsIn(request)) return response
  await session.renewed()
  return fetch(again)
}

/** A refused sign-in is an answer, not a session that has ended. */
function signsIn(request: Request): boolean {
  return request.method === 'POST' && new URL(request.url).pathname === '/api/v1/sessions'
}

/** The API. Only the files of api/queries call it. */
export const api = createClient<paths>({ baseUrl: location.origin, fetch: send, headers: { 'X-Mocloud-Client': tabId } })

interface Answer<T> {
  data?: T
  error?: unknown
  response: Response
}

/** body is what was answered, or throws the problem. */
export async function body<T>(call: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await call
  if (error !== undefined || !response.ok) throw problemOf(error, response)
  return data as T
}

/** What was read, with the name of its state for If-Match. */
export interface Tagged<T> {
  data: T
  etag: string
}

export async function tagged<T>(call: Promise<Answer<T>>): Promise<Tagged<T>> {
  const { data, error, response } = await call
  if (error !== undefined || !response.ok) throw problemOf(error, response)
  return { data: data as T, etag: response.headers.get('ETag') ?? '' }
}

/** newKey makes an Idempotency-Key: one for each form that creates something, made when the form opens. */
export function newKey(): string {
  return crypto.randomUUID()
}

/** everyPage reads a list to its end, `most` items at most. */
export async function everyPage<T>(read: (cursor?: string) => Promise<{ items: T[]; next_cursor?: string }>, most = 5000): Promise<T[]> {
  const items: T[] = []
  let cursor: string | undefined
  do {
    const page = await read(cursor)
    items.push(...page.items)
    cursor = page.next_cursor
  } while (cursor && items.length < most)
  return items
}

/** shouldRetry is for what reads: a broken network and a server in trouble may be better in a moment, a refusal stays one. */
export function shouldRetry(failures: number, error: unknown): boolean {
  if (failures >= 2) return false
  return !(error instanceof ProblemError) || error.status >= 500
}
