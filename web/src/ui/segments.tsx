import { cx } from '@/lib/cx'

export interface Segment<T extends string> {
  value: T
  label: string
  title?: string
  disabled?: boolean
}

/** A choice of a few, all of them in sight. */
export function Segments<T extends string>({
  label,
  value,
  segments,
  onChange,
  className,
}: {
  label: string
  value: T
  segments: Segment<T>[]
  onChange: (value: T) => void
  className?: string
}) {
  return (
    <fieldset
      className={cx(
        'inline-flex max-w-full overflow-x-auto rounded-md border border-line bg-sunken p-0.5 [scrollbar-width:none]',
        className,
      )}
    >
      <legend className="sr-only">{label}</legend>
      {segments.map((each) => (
        <button
          key={each.value}
          type="button"
          aria-pressed={each.value === value}
          disabled={each.disabled}
          title={each.title}
          onClick={() => onChange(each.value)}
          className={cx(
            'h-6 shrink-0 rounded-sm px-2.5 text-ink-2 transition-colors disabled:text-ink-3 disabled:opacity-60 narrow:h-9 narrow:px-3',
            each.value === value && 'bg-surface font-medium text-ink shadow-[0_1px_2px_rgb(0_0_0/0.12)]',
          )}
        >
          {each.label}
        </button>
      ))}
    </fieldset>
  )
}
