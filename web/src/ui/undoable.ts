import { texts } from '@/i18n'
import { Cell } from '@/lib/listeners'
import { useCell } from '@/lib/use-cell'
import { failed, toast } from './toast'

/** What is gone from the screen, and will be for good unless somebody takes it back. */
const hidden = new Cell<ReadonlySet<string>>(new Set())

function hide(id: string): void {
  hidden.set(new Set([...hidden.get(), id]))
}

function show(id: string): void {
  const left = new Set(hidden.get())
  left.delete(id)
  hidden.set(left)
}

/** useShown leaves out what is about to go. */
export function useShown<T extends { id: string }>(all: T[] | undefined): T[] | undefined {
  const gone = useCell(hidden)
  return all?.filter((each) => !gone.has(each.id))
}

/**
 * undoable takes something away that the server cannot give back: it goes from the screen at once, and for good when nobody undid it
 * for ten seconds, or when the page is left. `commit` has to outlive the page (keepalive).
 */
export function undoable({ id, text, commit }: { id: string; text: string; commit: () => Promise<unknown> }): void {
  let open = true
  const close = () => {
    open = false
    removeEventListener('pagehide', settle)
  }
  const settle = () => {
    if (!open) return
    close()
    commit().then(
      () => show(id),
      (error) => {
        show(id)
        failed(error)
      },
    )
  }
  hide(id)
  addEventListener('pagehide', settle)
  toast({
    text,
    action: {
      label: texts().common.undo,
      run: () => {
        close()
        show(id)
      },
    },
    expired: settle,
  })
}
