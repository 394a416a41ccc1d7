/** pause waits before the next attempt to connect: from a second to half a minute, but no longer than until the network is back or the page is looked at again. */
export function pause(attempt: number, signal: AbortSignal, random = Math.random): Promise<void> {
  const wait = Math.min(1000 * 2 ** attempt, 30_000) * (0.75 + random() / 2)
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      window.removeEventListener('online', done)
      document.removeEventListener('visibilitychange', seen)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const seen = () => document.visibilityState === 'visible' && done()
    const timer = setTimeout(done, wait)
    window.addEventListener('online', done)
    document.addEventListener('visibilitychange', seen)
    signal.addEventListener('abort', done)
  })
}
