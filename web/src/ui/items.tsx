import type { ReactNode } from 'react'
import { cx } from '@/lib/cx'

/** A list of things with what can be done to each; it wraps on phones, so that nothing scrolls sideways. */
export function Items({ label, children, className }: { label: string; children: ReactNode; className?: string }) {
  return (
    <ul aria-label={label} className={cx('divide-y divide-line', className)}>
      {children}
    </ul>
  )
}

interface ItemProps {
  title: ReactNode
  /** What is said in a smaller line below. */
  meta?: ReactNode
  icon?: ReactNode
  /** Facts and buttons at the end of the line. */
  aside?: ReactNode
  className?: string
}

export function Item({ title, meta, icon, aside, className }: ItemProps) {
  return (
    <li className={cx('flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-row', className)}>
      {icon && (
        <span aria-hidden="true" className="text-ink-3">
          {icon}
        </span>
      )}
      <div className="min-w-48 flex-1">
        <div className="flex flex-wrap items-center gap-x-2 font-medium">{title}</div>
        {meta && <div className="flex flex-wrap gap-x-3 text-ink-3 text-sm">{meta}</div>}
      </div>
      {aside && <div className="flex flex-wrap items-center gap-2">{aside}</div>}
    </li>
  )
}
