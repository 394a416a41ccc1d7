import { Link } from '@tanstack/react-router'
import type { Activity } from '@/api/queries/activity'
import { useT } from '@/i18n'
import { number, percent } from '@/i18n/format'
import { Item, Items } from '@/ui/items'
import { Panel, Time } from '@/ui/parts'
import { Spark } from '@/ui/spark'

const most = 10

/** The mocks that were called most in the last day. */
export function Top({ ws, activity }: { ws: string; activity: Activity[] }) {
  const t = useT()
  const called = activity.filter((each) => each.requests > 0).slice(0, most)
  if (called.length === 0) return null
  return (
    <Panel title={t.usage.top}>
      <Items label={t.usage.top}>
        {called.map((each) => {
          const errors = each.client_error + each.server_error
          return (
            <Item
              key={each.mock_id}
              title={
                <Link to="/w/$ws/mocks/$mock/requests" params={{ ws, mock: each.mock_slug }} className="hover:underline">
                  {each.mock_slug}
                </Link>
              }
              meta={each.last_request_at && <Time time={each.last_request_at} />}
              aside={
                <span className="num flex items-center gap-4">
                  <Spark values={each.hours} label={t.usage.hours(each.mock_slug)} />
                  <span className="w-16 text-right font-medium">{number(each.requests)}</span>
                  <span className={errors > 0 ? 'w-24 text-right text-bad' : 'w-24 text-right text-ink-3'}>
                    {t.usage.topErrors(percent(errors / each.requests))}
                  </span>
                </span>
              }
            />
          )
        })}
      </Items>
    </Panel>
  )
}
