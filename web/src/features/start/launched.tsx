import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type Mock, publicationQuery } from '@/api/queries/mocks'
import { useT } from '@/i18n'
import { duration, stamp } from '@/i18n/format'
import { curl } from '@/lib/curl'
import { useTraffic } from '@/live/requests'
import { Button, buttonClass } from '@/ui/button'
import { CopyLine } from '@/ui/copy'
import { Method, Page, Panel, Status } from '@/ui/parts'
import { StateMark } from '@/ui/state'

/** A new mock that waits for its first request, and shows it arrive. */
export function Launched({ mock, path, onAnother }: { mock: Mock; path: string; onAnother: () => void }) {
  const t = useT()
  const { data: publication } = useQuery({
    ...publicationQuery(mock.id),
    refetchInterval: (query) => (query.state.data?.settled ? false : 1000),
  })
  const traffic = useTraffic(mock.id)
  const first = traffic.items.at(-1)
  const to = { ws: mock.workspace_slug, mock: mock.slug }
  return (
    <Page title={mock.slug}>
      <Panel className="flex flex-col gap-4 p-5">
        <p role="status" className="flex items-center gap-3">
          <StateMark state={publication?.state ?? 'publishing'} />
          {publication?.state === 'published'
            ? t.editor.live(publication.published_revision, publication.servers.live, publication.servers.applied, publication.live_ms)
            : t.start.publishing}
        </p>
        <div className="flex flex-col gap-2">
          <p className="text-ink-2">{t.start.tryThis}</p>
          <CopyLine text={curl({ method: 'GET', url: mock.url + path })} />
        </div>
        <div role="status" className="flex min-h-12 flex-wrap items-center gap-3 rounded-md border border-line bg-sunken px-3 py-2">
          {first ? (
            <>
              <Method method={first.method} />
              <span className="code min-w-0 truncate">{first.path}</span>
              <Status status={first.status} />
              <span className="num text-ink-3">
                {duration(first.duration_us)} · {stamp(first.time)}
              </span>
              {first.endpoint ? (
                <span className="text-good">{t.start.arrived}</span>
              ) : (
                <span className="text-warn">{t.start.arrivedUnanswered}</span>
              )}
            </>
          ) : (
            <span className="text-ink-2">{t.start.waiting}</span>
          )}
        </div>
        <div className="flex flex-wrap gap-2">
          <Link to="/w/$ws/mocks/$mock" params={to} className={buttonClass('primary')}>
            {t.start.openEditor}
          </Link>
          <Link to="/w/$ws/mocks/$mock/requests" params={to} className={buttonClass()}>
            {t.start.seeRequests}
          </Link>
          <Button look="quiet" onClick={onAnother}>
            {t.start.another}
          </Button>
        </div>
      </Panel>
    </Page>
  )
}
