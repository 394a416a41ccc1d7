import { Check, Copy as CopyIcon } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useT } from '@/i18n'
import { cx } from '@/lib/cx'

export async function toClipboard(text: string): Promise<void> {
  await navigator.clipboard.writeText(text)
}

/** A button that copies, and says that it did. */
export function Copy({ text, label, className, children }: { text: string; label?: string; className?: string; children?: string }) {
  const t = useT()
  const [done, setDone] = useState(false)
  useEffect(() => {
    if (!done) return
    const timer = setTimeout(() => setDone(false), 1500)
    return () => clearTimeout(timer)
  }, [done])
  const name = done ? t.common.copied : (label ?? t.common.copy)
  return (
    <button
      type="button"
      aria-label={children ? undefined : `${name}: ${text.slice(0, 80)}`}
      title={name}
      onClick={() => void toClipboard(text).then(() => setDone(true))}
      className={cx(
        'inline-flex h-6 min-w-6 shrink-0 items-center justify-center gap-1 rounded-sm px-1 text-ink-3 transition-colors hover:bg-off-soft hover:text-ink narrow:h-9 narrow:min-w-9',
        className,
      )}
    >
      {done ? <Check size={14} strokeWidth={2} className="text-good" /> : <CopyIcon size={14} strokeWidth={1.5} />}
      {children}
    </button>
  )
}

/** A line of text to paste somewhere, with its button. */
export function CopyLine({ text, className }: { text: string; className?: string }) {
  return (
    <div className={cx('flex max-w-full items-start gap-2 rounded-md border border-line bg-sunken px-2.5 py-1', className)}>
      <code className="code min-w-0 flex-1 self-center whitespace-pre-wrap break-all">{text}</code>
      <Copy text={text} />
    </div>
  )
}
