import type { Schemas } from './client'

export type ProblemCode = Schemas['Problem']['code'] | 'offline' | 'unexpected'

/** An answer that is not what was asked for. Codes decide what is done, texts never do. */
export class ProblemError extends Error {
  readonly code: ProblemCode
  readonly status: number
  readonly problem: Partial<Schemas['Problem']>
  /** How many seconds to wait before the next attempt. */
  readonly retryAfter: number | undefined

  constructor(problem: Partial<Schemas['Problem']>, status: number, code: ProblemCode, retryAfter?: number) {
    super(problem.detail ?? problem.title ?? code)
    this.name = 'ProblemError'
    this.problem = problem
    this.status = status
    this.code = code
    this.retryAfter = retryAfter
  }

  get field(): string | undefined {
    return this.problem.field
  }
  /** Whether the same request may succeed later. What the server refused for itself, it will refuse again. */
  get passes(): boolean {
    return this.status < 400 || this.status >= 500 || this.status === 408 || this.status === 429
  }
  get requestId(): string | undefined {
    return this.problem.request_id
  }
}

/** problemOf reads an answer that is an error; bodies of proxies in between are no problems of ours. */
export function problemOf(body: unknown, response: Response): ProblemError {
  const wait = Number(response.headers.get('Retry-After') ?? Number.NaN)
  const retryAfter = Number.isFinite(wait) ? wait : undefined
  if (body !== null && typeof body === 'object' && 'code' in body) {
    const problem = body as Schemas['Problem']
    return new ProblemError(problem, response.status, problem.code, retryAfter)
  }
  const code = response.status === 401 ? 'unauthorized' : response.status >= 500 ? 'unavailable' : 'unexpected'
  return new ProblemError({ status: response.status }, response.status, code, retryAfter)
}

/** asProblem makes a problem of whatever was thrown. */
export function asProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error
  if (error instanceof TypeError) return new ProblemError({}, 0, 'offline') // fetch reports a broken network so
  return new ProblemError({ detail: error instanceof Error ? error.message : String(error) }, 0, 'unexpected')
}

export function hasCode(error: unknown, code: ProblemCode): boolean {
  return error instanceof ProblemError && error.code === code
}
