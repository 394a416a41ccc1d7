import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useParams } from '@tanstack/react-router'
import { useEffect } from 'react'
import { publicationQuery } from '@/api/queries/mocks'
import { NearestMocks } from '@/features/mocks/nearest'
import { useT } from '@/i18n'
import { useActions } from '@/keys/registry'
import { curl } from '@/lib/curl'
import { useListedMock } from '@/shell/here'
import { Address } from '@/ui/address'
import { toClipboard } from '@/ui/copy'
import { StateMark } from '@/ui/state'
import { TabLinks } from '@/ui/tabs'
import { toast } from '@/ui/toast'

/** What is around every page of a mock: its name, state, address and tabs. */
export default function MockFrame() {
  const t = useT()
  const { ws, mock: slug } = useParams({ from: '/app/w/$ws/mocks/$mock' })
  const mock = useListedMock()
  const { data: publication } = useQuery({
    ...publicationQuery(mock?.id ?? ''),
    enabled: mock !== undefined && mock.published_revision > 0,
  })
  useEffect(() => {
    document.title = `${slug} · mocloud`
  }, [slug])
  const copy = (text: string) => void toClipboard(text).then(() => toast({ text: t.common.copied }))
  useActions(
    mock
      ? [
          { id: 'mock.copy', label: t.mocks.copyAddress, keys: 'c', run: () => copy(mock.url) },
          { id: 'mock.curl', label: t.mocks.copyCurl, keys: 'shift+c', run: () => copy(curl({ method: 'GET', url: `${mock.url}/` })) },
        ]
      : [],
  )
  if (!mock) return <NearestMocks slug={slug} />
  const at = `/w/${ws}/mocks/${slug}`
  const servers = publication?.servers
  return (
    <div className="flex h-dvh min-h-0 flex-col narrow:h-[calc(100dvh-104px)]">
      <header className="flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1 bg-surface px-4 pt-2">
        <h1 className="min-w-0 truncate font-semibold text-lg">
          <Link to="/w/$ws/mocks" params={{ ws }} className="font-normal text-ink-3 hover:text-ink">
            {ws} /{' '}
          </Link>
          {slug}
        </h1>
        <StateMark state={mock.state} />
        {mock.state === 'published' && servers && (
          <span className="num text-ink-3 text-sm narrow:hidden">
            {t.editor.live(mock.published_revision, servers.live, servers.applied, publication.live_ms)}
          </span>
        )}
        {mock.state !== 'published' && mock.reason && (
          <span lang="en" className="min-w-0 max-w-120 truncate text-ink-3 text-sm narrow:hidden" title={mock.reason}>
            {mock.reason}
          </span>
        )}
        <span className="flex-1 narrow:hidden" />
        <Address url={mock.url} />
      </header>
      <TabLinks
        label={slug}
        className="shrink-0 bg-surface px-2!"
        tabs={[
          { to: at, label: t.tabs.edit, exact: true },
          { to: `${at}/requests`, label: t.tabs.requests },
          { to: `${at}/history`, label: t.tabs.history, count: String(mock.revision) },
          { to: `${at}/domains`, label: t.tabs.domains },
          { to: `${at}/webhooks`, label: t.tabs.webhooks },
          { to: `${at}/state`, label: t.tabs.state },
          { to: `${at}/settings`, label: t.tabs.settings },
        ]}
      />
      <div className="flex min-h-0 flex-1 flex-col overflow-y-auto">
        <Outlet />
      </div>
    </div>
  )
}
