import { Outlet, useParams } from '@tanstack/react-router'
import { useT } from '@/i18n'
import { NotFound } from '@/shell/failures'
import { useListedMock } from '@/shell/here'
import { CopyLine } from '@/ui/copy'
import { StateMark } from '@/ui/state'
import { TabLinks } from '@/ui/tabs'

/** What is around every page of a mock: its name, state, address and tabs. */
export default function MockFrame() {
  const t = useT()
  const { ws, mock: slug } = useParams({ from: '/app/w/$ws/mocks/$mock' })
  const mock = useListedMock()
  if (!mock) return <NotFound />
  const at = `/w/${ws}/mocks/${slug}`
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <header className="flex flex-wrap items-center gap-3 px-6 pt-4 pb-2">
        <h1 className="font-semibold text-lg">{slug}</h1>
        <StateMark state={mock.state} />
        <CopyLine text={mock.url} />
      </header>
      <TabLinks
        label={slug}
        tabs={[
          { to: at, label: t.tabs.edit, exact: true },
          { to: `${at}/requests`, label: t.tabs.requests },
          { to: `${at}/history`, label: t.tabs.history },
          { to: `${at}/domains`, label: t.tabs.domains },
          { to: `${at}/webhooks`, label: t.tabs.webhooks },
          { to: `${at}/settings`, label: t.tabs.settings },
        ]}
      />
      <Outlet />
    </div>
  )
}
