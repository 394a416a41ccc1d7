import { useQuery } from '@tanstack/react-query'
import { deletedQuery } from '@/api/queries/mocks'
import { useT } from '@/i18n'
import { day } from '@/i18n/format'
import { Button } from '@/ui/button'
import { Empty, Skeleton, Time } from '@/ui/parts'
import { Failed } from '@/ui/problem'
import { useActs } from './use-acts'

/** Deleted mocks, which can be brought back for a while. */
export function Trash({ ws, may }: { ws: string; may: boolean }) {
  const t = useT()
  const { data: mocks, error, refetch } = useQuery(deletedQuery(ws))
  const acts = useActs()
  if (error) return <Failed error={error} retry={() => void refetch()} />
  if (!mocks) return <Skeleton />
  if (mocks.length === 0) return <Empty title={t.mocks.noTrash} hint={t.mocks.trashHint} />
  return (
    <ul>
      {mocks.map((each) => (
        <li key={each.id} className="flex min-h-11 flex-wrap items-center gap-3 border-line border-b px-4 py-1 last:border-b-0">
          <span className="font-medium text-md">{each.slug}</span>
          <span className="flex-1 text-ink-3">
            {each.deleted_at && <Time time={each.deleted_at} />}
            {each.restorable_until && ` · ${t.mocks.until(day(each.restorable_until))}`}
          </span>
          <Button disabled={!may} onClick={() => void acts.restore(each)}>
            {t.mocks.restore}
          </Button>
        </li>
      ))}
    </ul>
  )
}
