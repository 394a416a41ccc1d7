import { useEffect, useState } from 'react'

/** usePaused gives a value once it has not changed for a while: for what is asked when somebody pauses typing. */
export function usePaused<T>(value: T, wait = 300): T {
  const [paused, setPaused] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setPaused(value), wait)
    return () => clearTimeout(timer)
  }, [value, wait])
  return paused
}
