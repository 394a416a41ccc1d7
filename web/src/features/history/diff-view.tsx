import { useQuery } from '@tanstack/react-query'
import { diffQuery } from '@/api/queries/revisions'
import { useT } from '@/i18n'
import { cx } from '@/lib/cx'
import { Badge, Method, Skeleton, type Tone } from '@/ui/parts'
import { Failed } from '@/ui/problem'
import { type DiffLine, readDiff } from './unified'

const tones: Record<string, Tone> = { added: 'good', removed: 'bad', changed: 'warn' }

/** What changed between two revisions: endpoint by endpoint, then line by line. */
export function DiffView({ mock, from, to }: { mock: string; from: number; to: number }) {
  const t = useT()
  const { data: diff, error, refetch } = useQuery(diffQuery(mock, from, to))
  if (error) return <Failed error={error} retry={() => void refetch()} />
  if (!diff) return <Skeleton />
  if (diff.text === '') return <p className="p-4 text-ink-2">{t.history.same}</p>
  const lines = readDiff(diff.text)
  return (
    <div className="flex flex-col gap-3 p-4">
      {diff.endpoints.length > 0 && (
        <ul className="flex flex-col gap-1">
          {diff.endpoints.map((each) => (
            <li key={`${each.change} ${each.method} ${each.path}`} className="flex items-center gap-2">
              <Badge tone={tones[each.change] ?? 'off'}>
                {each.change === 'added' ? t.history.added : each.change === 'removed' ? t.history.removed : t.history.changed}
              </Badge>
              <Method method={each.method || 'WS'} />
              <span className="code min-w-0 break-all">{each.path}</span>
            </li>
          ))}
        </ul>
      )}
      <div
        role="region"
        aria-label={t.history.compare(from, to)}
        tabIndex={0}
        className="code overflow-x-auto rounded-md border border-line"
      >
        {lines.map((each, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines stay where they are
          <Line key={index} line={each} />
        ))}
      </div>
    </div>
  )
}

function Line({ line: { kind, text, before, after } }: { line: DiffLine }) {
  if (kind === 'gap') return <div className="border-line border-y bg-sunken px-3 text-ink-3">⋯</div>
  return (
    <div className={cx('flex w-max min-w-full', kind === 'added' && 'bg-good-soft', kind === 'removed' && 'bg-bad-soft')}>
      <span className="w-10 shrink-0 select-none pr-2 text-right text-ink-3">{before ?? ''}</span>
      <span className="w-10 shrink-0 select-none pr-2 text-right text-ink-3">{after ?? ''}</span>
      <span className={cx('w-4 shrink-0 select-none', kind === 'added' ? 'text-good' : 'text-bad')}>
        {kind === 'added' ? '+' : kind === 'removed' ? '−' : ''}
      </span>
      <span className="whitespace-pre pr-3">{text || ' '}</span>
    </div>
  )
}
