import { Link } from '@tanstack/react-router'
import { memo } from 'react'
import type { Activity } from '@/api/queries/activity'
import type { Mock } from '@/api/queries/mocks'
import { useT } from '@/i18n'
import { compact, percent } from '@/i18n/format'
import { cx } from '@/lib/cx'
import { Copy } from '@/ui/copy'
import { Menu, type MenuEntry } from '@/ui/menu'
import { Time } from '@/ui/parts'
import { Spark } from '@/ui/spark'
import { StateMark } from '@/ui/state'

interface MockRowProps {
  mock: Mock
  activity: Activity | undefined
  selected: boolean
  here: boolean
  onSelect: (id: string) => void
  entries: (mock: Mock) => (MenuEntry | null | false)[]
}

/** A mock in the list. */
export const MockRow = memo(function MockRow({ mock, activity, selected, here, onSelect, entries }: MockRowProps) {
  const t = useT()
  const errors = activity ? activity.client_error + activity.server_error : 0
  const last = activity?.last_request_at ?? mock.last_request_at
  const invalid = mock.state === 'offline_invalid'
  return (
    <div
      role="row"
      className={cx(
        'flex h-11 items-center gap-3 border-line border-b px-3',
        selected ? 'bg-accent-soft' : here ? 'bg-sunken' : 'hover:bg-sunken',
      )}
    >
      <span role="cell" className="flex shrink-0">
        <input
          type="checkbox"
          checked={selected}
          onChange={() => onSelect(mock.id)}
          aria-label={t.mocks.select(mock.slug)}
          className="size-4 accent-accent"
        />
      </span>
      <span role="cell" className="w-5 shrink-0">
        <StateMark state={mock.state} short />
      </span>
      <span role="cell" className="flex min-w-0 flex-1 items-baseline gap-3">
        <Link
          to="/w/$ws/mocks/$mock"
          params={{ ws: mock.workspace_slug, mock: mock.slug }}
          className="min-w-0 shrink-0 truncate font-medium text-md hover:underline"
        >
          {mock.slug}
        </Link>
        {invalid ? (
          <span lang="en" className="min-w-0 truncate text-bad" title={mock.reason}>
            {mock.reason}
          </span>
        ) : (
          <span className="min-w-0 truncate text-ink-3">{mock.name}</span>
        )}
      </span>
      <span role="cell" className="num w-24 shrink-0 text-right text-ink-2 mid:hidden">
        {t.common.endpoints(mock.endpoints)}
      </span>
      <span role="cell" className="w-24 shrink-0 narrow:hidden">
        {activity && <Spark values={activity.hours} label={t.common.requests(activity.requests)} />}
      </span>
      <span role="cell" className="num w-14 shrink-0 text-right narrow:hidden">
        {activity ? compact(activity.requests) : ''}
      </span>
      <span
        role="cell"
        className={cx('num w-24 shrink-0 whitespace-nowrap text-right mid:hidden', activity?.server_error ? 'text-bad' : 'text-ink-3')}
        title={t.mocks.errorsHint}
      >
        {activity && errors > 0 ? t.mocks.errors(percent(errors / activity.requests)) : ''}
      </span>
      <span role="cell" className="num w-24 shrink-0 text-right text-ink-3 narrow:w-auto">
        {last ? <Time time={last} /> : t.common.never}
      </span>
      <span role="cell" className="flex shrink-0 items-center">
        <Copy text={mock.url} label={t.mocks.copyAddress} className="narrow:hidden" />
        <Menu label={t.mocks.menu(mock.slug)} entries={entries(mock)} />
      </span>
    </div>
  )
})
