import { useSyncExternalStore } from 'react'

const narrow = '(max-width: 719.98px)'

/** useNarrow reports whether the page is as narrow as on a phone. */
export function useNarrow(): boolean {
  return useSyncExternalStore(
    (changed) => {
      const query = matchMedia(narrow)
      query.addEventListener('change', changed)
      return () => query.removeEventListener('change', changed)
    },
    () => matchMedia(narrow).matches,
  )
}
