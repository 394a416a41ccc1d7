import type { ComponentProps, ReactNode } from 'react'
import { shown } from '@/keys/registry'
import { cx } from '@/lib/cx'

const looks = {
  primary: 'bg-accent text-white border-transparent hover:brightness-110',
  plain: 'bg-surface text-ink border-control hover:bg-sunken',
  quiet: 'bg-transparent text-ink-2 border-transparent hover:bg-off-soft hover:text-ink',
  danger: 'bg-surface text-bad border-control hover:bg-bad-soft',
}

export interface ButtonProps extends ComponentProps<'button'> {
  look?: keyof typeof looks
  icon?: ReactNode
  /** The keys that do the same, as in the registry; shown where there is room. */
  keys?: string
  busy?: boolean
}

const base =
  'inline-flex h-8 narrow:h-11 select-none items-center justify-center gap-1.5 whitespace-nowrap rounded-md border px-3 font-medium transition-colors disabled:cursor-default disabled:opacity-55'

/** buttonClass is for links that look like buttons. */
export function buttonClass(look: keyof typeof looks = 'plain', more?: string): string {
  return cx(base, looks[look], more)
}

export function Button({ look = 'plain', icon, keys, busy, className, children, disabled, ...rest }: ButtonProps) {
  return (
    <button type="button" className={cx(base, looks[look], className)} disabled={disabled || busy} aria-busy={busy || undefined} {...rest}>
      {icon}
      {children}
      {keys && <Keys keys={keys} />}
    </button>
  )
}

export function Keys({ keys }: { keys: string }) {
  return (
    <span className="mid:hidden text-xs" aria-hidden="true">
      {shown(keys)}
    </span>
  )
}

export interface IconButtonProps extends Omit<ComponentProps<'button'>, 'aria-label' | 'title'> {
  label: string
  keys?: string
}

/** A button that shows an icon alone; its label is its accessible name and its tooltip. */
export function IconButton({ label, keys, className, children, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={keys ? `${label}  ${shown(keys)}` : label}
      className={cx(
        'inline-grid size-8 shrink-0 place-items-center rounded-md text-ink-2 transition-colors hover:bg-off-soft hover:text-ink disabled:opacity-55 narrow:size-11',
        className,
      )}
      {...rest}
    >
      {children}
    </button>
  )
}
