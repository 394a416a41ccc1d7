import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { type Domain, domainsQuery, mockDomainsQuery } from '@/api/queries/domains'
import { indexQuery, type Mock } from '@/api/queries/mocks'
import { useT } from '@/i18n'
import { useActions } from '@/keys/registry'
import { useMay, useMock, useWorkspace } from '@/shell/here'
import { Needs } from '@/shell/needs'
import { Button } from '@/ui/button'
import { Empty, Page, Skeleton } from '@/ui/parts'
import { Failed } from '@/ui/problem'
import { useShown } from '@/ui/undoable'
import { AddDomain } from './add'
import { DomainCard } from './card'

/** The domains of the mock of the page. */
export function MockDomains() {
  const t = useT()
  const mock = useMock()
  const read = useQuery(mockDomainsQuery(mock.id))
  const [adding, add] = useAdding([mock])
  return (
    <div className="mx-auto flex w-full max-w-[1080px] flex-col gap-4 px-6 py-4 narrow:px-4">
      <header className="flex flex-wrap items-center justify-between gap-2">
        <div>
          <p className="text-ink-2">{t.domains.lead}</p>
          <Needs least="editor" />
        </div>
        {add}
      </header>
      <Cards {...read} retry={() => void read.refetch()} />
      {adding}
    </div>
  )
}

/** The domains of all mocks of the workspace of the page. */
export function WorkspaceDomains({ q, filter }: { q: string; filter: ReactNode }) {
  const t = useT()
  const { slug } = useWorkspace()
  const mocks = useSuspenseQuery(indexQuery(slug)).data
  const read = useQuery(domainsQuery(slug))
  const [adding, add] = useAdding(mocks)
  const text = q.trim().toLowerCase()
  const found = read.data?.filter((each) => each.host.includes(text) || each.mock_slug.includes(text))
  return (
    <Page
      title={t.shell.domains}
      lead={t.domains.lead}
      actions={
        <>
          {filter}
          {add}
        </>
      }
    >
      <Needs least="editor" />
      {text !== '' && found?.length === 0 ? (
        <Empty title={t.domains.noMatch(q)} />
      ) : (
        <Cards data={found} error={read.error} retry={() => void read.refetch()} withMock />
      )}
      {adding}
    </Page>
  )
}

function Cards({ data, error, retry, withMock }: { data?: Domain[]; error: unknown; retry: () => void; withMock?: boolean }) {
  const t = useT()
  const shown = useShown(data)
  if (error && !shown) return <Failed error={error} retry={retry} />
  if (!shown) return <Skeleton rows={5} />
  if (shown.length === 0) return <Empty title={t.domains.empty} hint={t.domains.emptyHint} />
  return shown.map((each) => <DomainCard key={each.id} domain={each} withMock={withMock} />)
}

/** The dialog that adds a domain, and the button that opens it. */
function useAdding(mocks: Mock[]): [dialog: ReactNode, button: ReactNode] {
  const t = useT()
  const may = useMay('editor') && mocks.length > 0
  const [open, setOpen] = useState(false)
  useActions(may ? [{ id: 'domain.add', label: t.domains.add, keys: 'n', run: () => setOpen(true) }] : [])
  return [
    open && <AddDomain key="dialog" mocks={mocks} onClose={() => setOpen(false)} />,
    <Button key="button" look="primary" icon={<Plus size={16} strokeWidth={1.5} />} keys="n" disabled={!may} onClick={() => setOpen(true)}>
      {t.domains.add}
    </Button>,
  ]
}
