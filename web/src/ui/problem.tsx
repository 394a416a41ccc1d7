import { TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { asProblem } from '@/api/problem'
import { type Texts, texts, useT } from '@/i18n'
import { cx } from '@/lib/cx'
import { Button } from './button'
import { Copy } from './copy'

/** sentence says what went wrong. The server's own sentences are shown as they come. */
export function sentence(error: unknown, t: Texts = texts()): { text: string; lang: string | undefined } {
  const problem = asProblem(error)
  if (problem.code === 'offline') return { text: t.problems.offline, lang: undefined }
  if (problem.code === 'rate_limited' && problem.retryAfter) return { text: t.problems.wait(problem.retryAfter), lang: undefined }
  if (problem.problem.detail) return { text: problem.problem.detail, lang: 'en' }
  return { text: problem.status >= 500 ? t.problems.unavailable : t.problems.unexpected, lang: undefined }
}

/** A problem in a line, where it happened; with the request's id where somebody may have to look for it. */
export function ProblemText({ problem, className }: { problem: unknown; className?: string }) {
  const t = useT()
  const { text, lang } = sentence(problem, t)
  const { requestId, status } = asProblem(problem)
  return (
    <div role="alert" className={cx('flex items-start gap-2 rounded-md bg-bad-soft px-3 py-2 text-bad', className)}>
      <TriangleAlert size={16} strokeWidth={1.5} className="mt-0.5 shrink-0" aria-hidden="true" />
      <div>
        <p lang={lang}>{text}</p>
        {requestId && status >= 500 && (
          <p className="flex items-center gap-1 text-sm">
            <span>{t.problems.request(requestId)}</span>
            <Copy text={requestId} />
          </p>
        )}
      </div>
    </div>
  )
}

/** A part of a page that could not be read; the rest of the page lives. */
export function Failed({ error, retry, children }: { error: unknown; retry?: () => void; children?: ReactNode }) {
  const t = useT()
  return (
    <div className="flex flex-col items-start gap-3 p-4">
      <p className="font-medium">{children ?? t.problems.partFailed}</p>
      <ProblemText problem={error} />
      {retry && <Button onClick={retry}>{t.common.retry}</Button>}
    </div>
  )
}
