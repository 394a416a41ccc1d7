import type { ComponentProps, ReactNode } from 'react'
import { asProblem } from '@/api/problem'
import { useT } from '@/i18n'
import { cx } from '@/lib/cx'
import { ProblemText, sentence } from './problem'

/** A form that the page handles by itself. */
export function Form({ onSend, className, ...rest }: Omit<ComponentProps<'form'>, 'onSubmit'> & { onSend: () => void }) {
  return (
    <form
      className={cx('flex flex-col gap-3', className)}
      onSubmit={(event) => {
        event.preventDefault()
        onSend()
      }}
      {...rest}
    />
  )
}

/**
 * useFieldErrors sorts a problem to where it happened: `of` gives what is wrong with an input, `rest` what is not about any of
 * the named ones.
 */
export function useFieldErrors(problem: unknown, fields: string[]): { of: (field: string) => ReactNode; rest: ReactNode } {
  const t = useT()
  if (!problem) return { of: () => undefined, rest: undefined }
  const { field } = asProblem(problem)
  if (field === undefined || !fields.includes(field)) return { of: () => undefined, rest: <ProblemText problem={problem} /> }
  const { text, lang } = sentence(problem, t)
  return { of: (name) => (name === field ? <span lang={lang}>{text}</span> : undefined), rest: undefined }
}

/** A titled part of a form on a page: what it is about on the left, the fields on the right. */
export function Section({ title, lead, children, danger }: { title: string; lead?: ReactNode; children: ReactNode; danger?: boolean }) {
  return (
    <section
      className={cx(
        'grid grid-cols-[minmax(0,260px)_minmax(0,1fr)] gap-x-8 gap-y-3 rounded-lg border bg-surface p-4 mid:grid-cols-1',
        danger ? 'border-bad' : 'border-line',
      )}
    >
      <header>
        <h2 className={cx('font-semibold text-md', danger && 'text-bad')}>{title}</h2>
        {lead && <div className="mt-1 text-ink-2">{lead}</div>}
      </header>
      <div className="min-w-0 max-w-150">{children}</div>
    </section>
  )
}
