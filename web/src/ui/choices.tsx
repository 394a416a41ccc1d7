import { type ReactNode, useId } from 'react'
import { cx } from '@/lib/cx'

export interface Choice<T extends string> {
  value: T
  label: string
  hint?: ReactNode
  lang?: string
}

interface ChoicesProps<T extends string> {
  label: string
  value: T
  choices: Choice<T>[]
  onChoose: (value: T) => void
  disabled?: boolean
  /** One below the other, for choices that say more. */
  stacked?: boolean
}

/** One of a few, all of them in sight: a group of radio buttons. */
export function Choices<T extends string>({ label, value, choices, onChoose, disabled, stacked }: ChoicesProps<T>) {
  const name = useId()
  return (
    <fieldset disabled={disabled} className={cx('flex gap-2', stacked ? 'flex-col' : 'flex-wrap')}>
      <legend className="sr-only">{label}</legend>
      {choices.map((each) => (
        <label
          key={each.value}
          className={cx(
            'flex min-h-9 min-w-28 items-start gap-2 rounded-md border px-3 py-2 narrow:min-h-11 has-focus-visible:outline-2 has-focus-visible:outline-accent-text has-focus-visible:outline-offset-2',
            each.value === value ? 'border-accent-text bg-accent-soft' : 'border-control hover:bg-sunken',
            disabled ? 'opacity-60' : 'cursor-pointer',
          )}
        >
          <input
            type="radio"
            name={name}
            checked={each.value === value}
            onChange={() => onChoose(each.value)}
            className="mt-0.5 size-4 shrink-0 accent-accent outline-none"
          />
          <span>
            <span lang={each.lang} className="font-medium">
              {each.label}
            </span>
            {each.hint && <span className="block text-ink-2 text-sm">{each.hint}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  )
}
