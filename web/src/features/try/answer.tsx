import { ChevronRight } from 'lucide-react'
import { useState } from 'react'
import type { Try } from '@/api/queries/tools'
import { useT } from '@/i18n'
import { bytes, duration } from '@/i18n/format'
import { cx } from '@/lib/cx'
import { Body, Headers } from '@/ui/body'
import { Copy } from '@/ui/copy'
import { Status } from '@/ui/parts'

/** What a mock answers, and why. `onLine` goes to a line of the text. */
export function Answer({ title, result, onLine }: { title?: string; result: Try; onLine?: ((line: number) => void) | undefined }) {
  const t = useT()
  const { response: answer, explanation, webhook } = result
  const [raw, setRaw] = useState(false)
  if (!answer) return <p className="text-ink-2">{t.editor.hasErrors}</p>
  const size = answer.body_base64 ? Math.floor((answer.body_base64.length * 3) / 4) : new TextEncoder().encode(answer.body ?? '').length
  const line = (n: number | undefined) =>
    n && onLine ? (
      <button type="button" className="text-accent-text underline" onClick={() => onLine(n)}>
        {t.editor.line(n)}
      </button>
    ) : null
  return (
    <section className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-2">
        {title && <h3 className="font-medium text-ink-2">{title}</h3>}
        <Status status={answer.status} />
        <span className="num text-ink-3">
          {duration(answer.duration_ms * 1000)} · {bytes(size)}
        </span>
        <span className="flex-1" />
        <button type="button" aria-pressed={raw} onClick={() => setRaw(!raw)} className="text-ink-3 text-sm hover:text-ink">
          {t.requests.raw}
        </button>
        <Copy text={answer.body ?? answer.body_base64 ?? ''} />
      </div>
      {answer.timed_out ? (
        <p className="text-warn">{t.editor.timedOut}</p>
      ) : (
        <Body text={answer.body} base64={answer.body_base64} raw={raw} />
      )}
      {answer.body_cut && <p className="text-ink-3">{t.editor.cut}</p>}
      {explanation && (
        <div className="flex flex-col gap-1">
          <p>
            <span className="font-medium">{t.editor.why} </span>
            {explanation.endpoint ? (
              <>
                <span className="code">{explanation.endpoint}</span> {line(explanation.line)}
              </>
            ) : (
              <span className="text-warn">{t.editor.nobody}</span>
            )}
          </p>
          {(explanation.considered ?? []).map((each) => (
            <p key={`${each.endpoint} ${each.line}`} className="pl-4 text-ink-2 text-sm" lang="en">
              <span className="code">{each.endpoint}</span> {line(each.line)} {each.why}
            </p>
          ))}
          {(explanation.empty ?? []).length > 0 && (
            <p className="pl-4 text-sm text-warn">
              {t.editor.emptyVariables}: <span className="code">{explanation.empty?.join(', ')}</span>
            </p>
          )}
        </div>
      )}
      {webhook && (
        <div className="text-ink-2">
          <span className="font-medium text-ink">{t.editor.webhook} </span>
          {webhook.problem ? (
            <span className="text-warn" lang="en">
              {webhook.problem}
            </span>
          ) : (
            <span className="code">
              {webhook.method} {webhook.url}
            </span>
          )}{' '}
          {webhook.delay_ms ? t.editor.after(webhook.delay_ms) : ''}
        </div>
      )}
      <Fold label={`${t.editor.headers} ${answer.headers.length}`}>
        <Headers headers={answer.headers} />
      </Fold>
    </section>
  )
}

/** Something that is there when it is asked for. */
export function Fold({ label, open: initially = false, children }: { label: string; open?: boolean; children: React.ReactNode }) {
  const [open, setOpen] = useState(initially)
  return (
    <div>
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="flex h-7 items-center gap-1 text-ink-2 hover:text-ink narrow:h-10"
      >
        <ChevronRight size={14} strokeWidth={1.5} className={cx('transition-transform', open && 'rotate-90')} />
        {label}
      </button>
      {open && <div className="pt-1 pl-4">{children}</div>}
    </div>
  )
}
