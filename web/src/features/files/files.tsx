import { useQuery } from '@tanstack/react-query'
import { FileJson, FileSpreadsheet, FileText, type LucideIcon } from 'lucide-react'
import { useRef } from 'react'
import { filesQuery, type WorkspaceFile } from '@/api/queries/files'
import { useT } from '@/i18n'
import { bytes } from '@/i18n/format'
import { useActions } from '@/keys/registry'
import { useMay, useWorkspace } from '@/shell/here'
import { Needs } from '@/shell/needs'
import { Button } from '@/ui/button'
import { Copy } from '@/ui/copy'
import { Filter } from '@/ui/filter'
import { Item, Items } from '@/ui/items'
import { Empty, Page, Panel, Skeleton, Time } from '@/ui/parts'
import { Failed } from '@/ui/problem'
import { useShown } from '@/ui/undoable'
import { AboutFile } from './about'
import { snippet } from './snippet'
import { UploadPanel } from './upload-panel'

interface Search {
  q?: string
  id?: string
}

function iconOf(file: WorkspaceFile): LucideIcon {
  if (file.media_type.includes('json')) return FileJson
  return /\.xlsx$/i.test(file.name) ? FileSpreadsheet : FileText
}

/** The files of the workspace of the page. */
export function Files({ search, onSearch }: { search: Search; onSearch: (change: Search) => void }) {
  const t = useT()
  const { slug: ws } = useWorkspace()
  const may = useMay('editor')
  const input = useRef<HTMLInputElement>(null)
  const { data, error, refetch } = useQuery(filesQuery(ws))
  const all = useShown(data)
  const text = (search.q ?? '').trim().toLowerCase()
  const found = all?.filter((each) => each.name.toLowerCase().includes(text))
  const open = all?.find((each) => each.id === search.id)
  useActions(may ? [{ id: 'file.upload', label: t.files.upload, keys: 'n', run: () => input.current?.click() }] : [])
  return (
    <Page
      title={t.shell.files}
      lead={t.files.lead}
      actions={<Filter label={t.files.filter} value={search.q ?? ''} onChange={(q) => onSearch({ q: q || undefined })} />}
    >
      <Needs least="editor" />
      {may && <UploadPanel ws={ws} input={input} />}
      <Panel>
        {error && !found && <Failed error={error} retry={() => void refetch()} />}
        {!found && !error && <Skeleton rows={5} />}
        {found?.length === 0 &&
          (text === '' ? (
            <Empty title={t.files.empty} hint={t.files.emptyHint} />
          ) : (
            <Empty title={t.files.noMatch(search.q ?? '')}>
              <Button onClick={() => onSearch({ q: undefined })}>{t.common.clear}</Button>
            </Empty>
          ))}
        {found && found.length > 0 && (
          <Items label={t.shell.files}>
            {found.map((each) => {
              const Icon = iconOf(each)
              return (
                <Item
                  key={each.id}
                  icon={<Icon size={16} strokeWidth={1.5} />}
                  title={
                    <button
                      type="button"
                      className="break-all text-left font-medium hover:underline"
                      onClick={() => onSearch({ id: each.id })}
                    >
                      {each.name}
                    </button>
                  }
                  meta={
                    <>
                      <span className="num">{bytes(each.size)}</span>
                      <span>{each.media_type}</span>
                      <Time time={each.updated_at} />
                    </>
                  }
                  aside={<Copy text={snippet(each)} label={t.files.snippet} />}
                />
              )
            })}
          </Items>
        )}
      </Panel>
      {open && <AboutFile ws={ws} file={open} onClose={() => onSearch({ id: undefined })} />}
    </Page>
  )
}
