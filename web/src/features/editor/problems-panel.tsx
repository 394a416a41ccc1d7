import { CircleX, TriangleAlert } from 'lucide-react'
import type { Diagnostic } from '@/api/queries/mocks'
import { useT } from '@/i18n'
import { Button } from '@/ui/button'
import { fixOf } from './fix'

/** What is wrong with the text, where, and what to do about it. */
export function ProblemsPanel({
  diagnostics,
  onGo,
  onFix,
}: {
  diagnostics: readonly Diagnostic[]
  onGo: (each: Diagnostic) => void
  onFix?: (each: Diagnostic) => void
}) {
  const t = useT()
  if (diagnostics.length === 0) return <p className="px-3 py-2 text-ink-3">{t.editor.noProblems}</p>
  return (
    <ul className="flex flex-col">
      {diagnostics.slice(0, 200).map((each, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two may be the same
        <li key={index} className="flex items-center gap-2 border-line border-b px-3 py-1 last:border-b-0 hover:bg-sunken">
          <button type="button" onClick={() => onGo(each)} className="flex min-h-7 min-w-0 flex-1 items-start gap-2 py-1 text-left">
            {each.severity === 'error' ? (
              <CircleX size={16} strokeWidth={1.5} className="mt-0.5 shrink-0 text-bad" aria-label={t.editor.error} />
            ) : (
              <TriangleAlert size={16} strokeWidth={1.5} className="mt-0.5 shrink-0 text-warn" aria-label={t.editor.warning} />
            )}
            <span className="num shrink-0 text-ink-3">
              {each.line}:{each.column}
            </span>
            <span lang="en" className="min-w-0">
              {each.message}
              {each.fix && <span className="text-ink-2"> → {each.fix}</span>}
            </span>
          </button>
          {onFix && fixOf(each) && (
            <Button look="plain" className="h-7!" onClick={() => onFix(each)}>
              {t.editor.fix}
            </Button>
          )}
        </li>
      ))}
    </ul>
  )
}
