import { useSyncExternalStore } from 'react'
import type { Cell } from './listeners'

/** useCell follows a cell. */
export function useCell<T>(cell: Cell<T>): T {
  return useSyncExternalStore(cell.follow, cell.get)
}
