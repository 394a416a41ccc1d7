/** Which endpoints came near, and why they did not answer. */
export interface Reason {
  endpoint: string
  why: string
}

/** reasons reads them out of the answer of a mock server that found no endpoint. */
export function reasons(body: string): Reason[] {
  try {
    const { nearest } = JSON.parse(body) as { nearest?: unknown }
    if (!Array.isArray(nearest)) return []
    return nearest.filter((each): each is Reason => typeof each?.endpoint === 'string' && typeof each?.why === 'string')
  } catch {
    return []
  }
}
