import { useQuery } from '@tanstack/react-query'
import { quotaQuery } from '@/api/queries/workspaces'
import { useT } from '@/i18n'
import { bytes, number } from '@/i18n/format'
import { useWorkspace } from '@/shell/here'
import { Meter } from '@/ui/meter'
import { Panel, Skeleton } from '@/ui/parts'
import { Failed } from '@/ui/problem'

/** What a workspace holds of what it may hold. */
export function Quota() {
  const t = useT()
  const { slug } = useWorkspace()
  const { data, error, refetch } = useQuery(quotaQuery(slug))
  return (
    <Panel title={t.pages.quota}>
      <p className="border-line border-b px-4 py-2 text-ink-2">{t.quota.lead}</p>
      {error && !data && <Failed error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton rows={7} />}
      <ul className="grid grid-cols-2 gap-x-10 gap-y-4 p-4 narrow:grid-cols-1">
        {data?.items.map(({ resource, used, limit }) => {
          const write = resource === 'content' || resource === 'files' ? bytes : number
          const says = limit === 0 ? t.quota.noLimit(write(used)) : t.quota.of(write(used), write(limit))
          const full = limit > 0 && used >= limit
          return (
            <li key={resource}>
              <p className="flex justify-between gap-3">
                <span className="font-medium">{t.quota.resources[resource]}</span>
                <span className="num text-ink-2">{says}</span>
              </p>
              {limit > 0 && <Meter label={t.quota.resources[resource]} says={says} part={used / limit} />}
              {full && <p className="text-bad text-sm">{t.quota.full}</p>}
            </li>
          )
        })}
      </ul>
    </Panel>
  )
}
