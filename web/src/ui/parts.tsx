import { type ReactNode, useEffect, useState } from 'react'
import { useT } from '@/i18n'
import { ago, exact } from '@/i18n/format'
import { cx } from '@/lib/cx'

/** Grey bars in the place of what is loading; not shown for what comes within 300 ms. */
export function Skeleton({ rows = 6, className }: { rows?: number; className?: string }) {
  const t = useT()
  const [late, setLate] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 300)
    return () => clearTimeout(timer)
  }, [])
  return (
    <div role="status" aria-label={t.common.loading} className={cx('flex flex-col gap-2 p-4', !late && 'invisible', className)}>
      {Array.from({ length: rows }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
        <div key={index} className={cx('h-5 rounded-sm bg-off-soft', ['w-3/4', 'w-1/2', 'w-2/3'][index % 3])} />
      ))}
    </div>
  )
}

/** What would be here, and the one next step. */
export function Empty({ title, hint, children }: { title: string; hint?: ReactNode; children?: ReactNode }) {
  return (
    <div className="mx-auto flex max-w-120 flex-col items-center gap-2 px-4 py-12 text-center">
      <p className="font-medium text-md">{title}</p>
      {hint && <div className="text-ink-2">{hint}</div>}
      {children && <div className="mt-2 flex flex-wrap justify-center gap-2">{children}</div>}
    </div>
  )
}

const tones = {
  good: 'bg-good-soft text-good',
  warn: 'bg-warn-soft text-warn',
  bad: 'bg-bad-soft text-bad',
  info: 'bg-info-soft text-info',
  off: 'bg-off-soft text-off',
  accent: 'bg-accent-soft text-accent-text',
}
export type Tone = keyof typeof tones

export function Badge({ tone = 'off', children, className }: { tone?: Tone; children: ReactNode; className?: string }) {
  return (
    <span
      className={cx(
        'inline-flex items-center gap-1 whitespace-nowrap rounded-full px-2 font-medium text-xs leading-5',
        tones[tone],
        className,
      )}
    >
      {children}
    </span>
  )
}

/** A time as people say it; the exact one is its tooltip. */
export function Time({ time, className }: { time: string; className?: string }) {
  const [, tick] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), 15_000)
    return () => clearInterval(timer)
  }, [])
  return (
    <time dateTime={time} title={exact(time)} className={className}>
      {ago(time)}
    </time>
  )
}

/** The frame of a page: its title, what can be done, and the rest. */
export function Page({
  title,
  lead,
  actions,
  children,
  wide,
}: {
  title: string
  lead?: ReactNode
  actions?: ReactNode
  children: ReactNode
  wide?: boolean
}) {
  useEffect(() => {
    document.title = `${title} · mocloud`
  }, [title])
  return (
    <div className={cx('mx-auto flex w-full flex-col gap-4 px-6 py-5 narrow:px-4 narrow:py-3', wide ? 'max-w-none' : 'max-w-[1080px]')}>
      <header className="flex min-h-8 flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <div>
          <h1 className="font-semibold text-xl">{title}</h1>
          {lead && <p className="text-ink-2">{lead}</p>}
        </div>
        {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </header>
      {children}
    </div>
  )
}

/** A panel on a page. */
export function Panel({
  title,
  actions,
  children,
  className,
}: {
  title?: ReactNode
  actions?: ReactNode
  children: ReactNode
  className?: string
}) {
  return (
    <section className={cx('rounded-lg border border-line bg-surface', className)}>
      {title && (
        <header className="flex min-h-11 flex-wrap items-center justify-between gap-2 border-line border-b px-4 py-1.5">
          <h2 className="font-semibold text-md">{title}</h2>
          {actions}
        </header>
      )}
      {children}
    </section>
  )
}

const methodTones: Record<string, string> = {
  GET: 'text-info',
  HEAD: 'text-info',
  POST: 'text-good',
  PUT: 'text-warn',
  DELETE: 'text-bad',
  PATCH: 'text-patch',
  WS: 'text-socket',
}

export function Method({ method, className }: { method: string; className?: string }) {
  return <span className={cx('code font-semibold', methodTones[method] ?? 'text-off', className)}>{method}</span>
}

export function statusTone(status: number): Tone {
  if (status >= 500) return 'bad'
  if (status >= 400) return 'warn'
  if (status >= 300) return 'info'
  return status >= 200 ? 'good' : 'off'
}

export function Status({ status }: { status: number }) {
  return (
    <Badge tone={statusTone(status)} className="num">
      {status}
    </Badge>
  )
}
