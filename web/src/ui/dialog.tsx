import { X } from 'lucide-react'
import { Dialog as Radix } from 'radix-ui'
import type { ReactNode } from 'react'
import { useT } from '@/i18n'
import { cx } from '@/lib/cx'
import { IconButton } from './button'

interface DialogProps {
  open: boolean
  onClose: () => void
  title: string
  lead?: ReactNode
  children: ReactNode
  wide?: boolean
  /** It cannot be dismissed: something has to be answered first. */
  firm?: boolean
}

/** A dialog over the page; it returns the focus to where it was. On phones it fills the lower part of the screen. */
export function Dialog({ open, onClose, title, lead, children, wide, firm }: DialogProps) {
  const t = useT()
  return (
    <Radix.Root open={open} onOpenChange={(next) => !next && !firm && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-black/40 dark:bg-black/60" />
        <Radix.Content
          aria-describedby={undefined}
          onOpenAutoFocus={intoField}
          className={cx(
            'fixed top-[12vh] left-1/2 z-50 max-h-[80vh] -translate-x-1/2 animate-appear overflow-y-auto rounded-lg border border-line bg-surface p-4 shadow-dialog focus:outline-none',
            'narrow:top-auto narrow:bottom-0 narrow:w-full narrow:rounded-b-none narrow:pb-8',
            wide ? 'w-[min(860px,calc(100vw-32px))]' : 'w-[min(460px,calc(100vw-32px))]',
          )}
        >
          <div className="mb-3 flex items-start justify-between gap-3">
            <div>
              <Radix.Title className="font-semibold text-lg">{title}</Radix.Title>
              {lead && <p className="mt-1 text-ink-2">{lead}</p>}
            </div>
            {!firm && (
              <Radix.Close asChild>
                <IconButton label={t.common.close}>
                  <X size={16} strokeWidth={1.5} />
                </IconButton>
              </Radix.Close>
            )}
          </div>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

/** Whoever opens a dialog with fields wants to write into the first of them, not to close it. */
function intoField(event: Event): void {
  const field = (event.currentTarget as HTMLElement).querySelector<HTMLElement>('input:not([hidden]), select, textarea')
  if (!field) return
  event.preventDefault()
  field.focus()
}

/** The row of buttons at the foot of a dialog or form. */
export function Buttons({ children, className }: { children: ReactNode; className?: string }) {
  return <div className={cx('mt-4 flex flex-wrap justify-end gap-2', className)}>{children}</div>
}
