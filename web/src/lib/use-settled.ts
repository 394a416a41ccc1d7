import { useEffect, useState } from 'react'

/** useSettled is the value when it has not changed for a moment. */
export function useSettled<T>(value: T, wait = 250): T {
  const [settled, set] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => set(value), wait)
    return () => clearTimeout(timer)
  }, [value, wait])
  return settled
}
