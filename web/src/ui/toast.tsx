import { X } from 'lucide-react'
import { useEffect } from 'react'
import { useT } from '@/i18n'
import { cx } from '@/lib/cx'
import { Cell } from '@/lib/listeners'
import { useCell } from '@/lib/use-cell'
import { Button, IconButton } from './button'
import { sentence } from './problem'

export interface Toast {
  text: string
  bad?: boolean
  /** The server's sentences are in English. */
  lang?: string
  action?: { label: string; run: () => void }
  /** Called when it goes without its action. */
  expired?: () => void
}

interface Shown extends Toast {
  id: number
}

const toasts = new Cell<readonly Shown[]>([])
let last = 0

/** toast says what was done, with a way back where there is one. */
export function toast(next: Toast): void {
  const id = ++last
  const [dropped, ...kept] = toasts.get().length >= 3 ? toasts.get() : [undefined, ...toasts.get()]
  dropped?.expired?.()
  toasts.set([...kept.filter((each) => each !== undefined), { ...next, id }])
}

/** failed says what could not be done. */
export function failed(error: unknown, action?: Toast['action']): void {
  toast({ ...sentence(error), bad: true, action })
}

function dismiss(id: number, acted: boolean): void {
  const gone = toasts.get().find((each) => each.id === id)
  toasts.set(toasts.get().filter((each) => each.id !== id))
  if (!acted) gone?.expired?.()
}

export function Toasts() {
  const shown = useCell(toasts)
  return (
    <section
      aria-live="polite"
      className="pointer-events-none fixed right-4 bottom-4 z-50 flex w-[min(400px,calc(100vw-32px))] flex-col gap-2 narrow:bottom-20"
    >
      {shown.map((each) => (
        <One key={each.id} toast={each} />
      ))}
    </section>
  )
}

function One({ toast: { id, text, bad, lang, action } }: { toast: Shown }) {
  const t = useT()
  useEffect(() => {
    const timer = setTimeout(() => dismiss(id, false), 10_000)
    return () => clearTimeout(timer)
  }, [id])
  return (
    <div
      className={cx(
        'pointer-events-auto flex animate-appear items-center gap-2 rounded-md border bg-surface py-1 pr-1 pl-3 shadow-menu',
        bad ? 'border-bad' : 'border-line',
      )}
    >
      <p lang={lang} className={cx('flex-1 py-1', bad && 'text-bad')}>
        {text}
      </p>
      {action && (
        <Button
          look="quiet"
          className="text-accent-text"
          onClick={() => {
            dismiss(id, true)
            action.run()
          }}
        >
          {action.label}
        </Button>
      )}
      <IconButton label={t.common.close} onClick={() => dismiss(id, false)}>
        <X size={14} strokeWidth={1.5} />
      </IconButton>
    </div>
  )
}
