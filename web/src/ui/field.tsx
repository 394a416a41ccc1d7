import { type ComponentProps, type ReactNode, useId } from 'react'
import { cx } from '@/lib/cx'

const control =
  'w-full rounded-md border border-control bg-surface px-2.5 text-ink placeholder:text-ink-3 disabled:bg-sunken disabled:text-ink-2 aria-invalid:border-bad narrow:text-lg'

export function Input({ className, ...rest }: ComponentProps<'input'>) {
  return <input className={cx(control, 'h-8 narrow:h-11', className)} {...rest} />
}

export function Textarea({ className, ...rest }: ComponentProps<'textarea'>) {
  return <textarea className={cx(control, 'min-h-20 py-1.5', className)} {...rest} />
}

export function Select({ className, ...rest }: ComponentProps<'select'>) {
  return <select className={cx(control, 'h-8 pr-7 narrow:h-11', className)} {...rest} />
}

export interface FieldProps {
  label: string
  hint?: ReactNode
  /** What is wrong with the input; said where it is, and to screen readers. */
  error?: ReactNode
  className?: string
  /** Gets what ties the control to its label and its hint. */
  children: (props: { id: string; 'aria-describedby': string; 'aria-invalid': boolean }) => ReactNode
}

export function Field({ label, hint, error, className, children }: FieldProps) {
  const id = useId()
  return (
    <div className={cx('flex flex-col gap-1', className)}>
      <label htmlFor={id} className="font-medium text-ink-2">
        {label}
      </label>
      {children({ id, 'aria-describedby': `${id}-hint`, 'aria-invalid': Boolean(error) })}
      <p id={`${id}-hint`} aria-live="polite" className={cx('text-sm', error ? 'text-bad' : 'text-ink-3')}>
        {error || hint}
      </p>
    </div>
  )
}

export function Checkbox({
  label,
  hint,
  className,
  ...rest
}: Omit<ComponentProps<'input'>, 'type'> & { label: ReactNode; hint?: ReactNode }) {
  return (
    <label className={cx('flex items-start gap-2 py-1', className)}>
      <input type="checkbox" className="mt-0.5 size-4 shrink-0 accent-accent" {...rest} />
      <span>
        <span>{label}</span>
        {hint && <span className="block text-ink-3 text-sm">{hint}</span>}
      </span>
    </label>
  )
}
