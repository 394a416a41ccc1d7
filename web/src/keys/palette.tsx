import { useQuery } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { Command } from 'cmdk'
import { Dialog } from 'radix-ui'
import { useState } from 'react'
import { indexQuery } from '@/api/queries/mocks'
import { searchQuery } from '@/api/queries/search'
import { useT } from '@/i18n'
import { useCell } from '@/lib/use-cell'
import { useSettled } from '@/lib/use-settled'
import { Method } from '@/ui/parts'
import { StateMark } from '@/ui/state'
import { actions, shown } from './registry'

const item = 'flex min-h-9 cursor-pointer items-center gap-2 rounded-md px-2 data-[selected=true]:bg-accent-soft narrow:min-h-11'
const heading =
  '[&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:font-medium [&_[cmdk-group-heading]]:text-ink-3 [&_[cmdk-group-heading]]:text-xs'

/** Goes to anything and does anything, by typing. */
export default function Palette({ ws, onClose }: { ws: string; onClose: () => void }) {
  const t = useT()
  const router = useRouter()
  const offered = useCell(actions).filter((each) => !each.hidden)
  const { data: mocks = [] } = useQuery(indexQuery(ws))
  const [text, setText] = useState('')
  // `@` asks for endpoints alone.
  const wanted = useSettled(text.trim(), 120)
  const { data: found } = useQuery(searchQuery(wanted.replace(/^@/, '').trim()))
  const elsewhere = text.startsWith('@') ? [] : (found?.mocks ?? []).filter((each) => each.workspace_slug !== ws)
  const act = (run: () => void) => () => {
    onClose()
    run()
  }
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-black/40 dark:bg-black/60" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed top-[10vh] left-1/2 z-50 w-[min(640px,calc(100vw-24px))] -translate-x-1/2 animate-appear rounded-lg border border-line bg-surface shadow-dialog narrow:top-2"
        >
          <Dialog.Title className="sr-only">{t.keys.palette}</Dialog.Title>
          <Command label={t.keys.palette} loop>
            <Command.Input
              value={text}
              onValueChange={setText}
              placeholder={t.keys.placeholder}
              className="h-12 w-full border-line border-b bg-transparent px-4 text-md outline-none placeholder:text-ink-3 narrow:text-lg"
            />
            <Command.List className="max-h-[min(420px,60vh)] overflow-y-auto p-1.5">
              <Command.Empty className="p-4 text-center text-ink-3">{t.keys.nothing}</Command.Empty>
              <Command.Group heading={t.keys.here} className={heading}>
                {offered
                  .filter((each) => each.group !== 'go')
                  .map((each) => (
                    <Command.Item key={each.id} value={`${each.id} ${each.label}`} onSelect={act(each.run)} className={item}>
                      <span className="flex-1">{each.label}</span>
                      {each.keys && <kbd className="text-ink-3">{shown(each.keys)}</kbd>}
                    </Command.Item>
                  ))}
              </Command.Group>
              <Command.Group heading={t.shell.mocks} className={heading}>
                {(text === '' ? mocks.slice(0, 6) : mocks).slice(0, 500).map((each) => (
                  <Command.Item
                    key={each.id}
                    value={`mock ${each.slug} ${each.name} ${each.id}`}
                    onSelect={act(() => void router.navigate({ to: '/w/$ws/mocks/$mock', params: { ws, mock: each.slug } }))}
                    className={item}
                  >
                    <StateMark state={each.state} short />
                    <span className="font-medium">{each.slug}</span>
                    <span className="min-w-0 flex-1 truncate text-ink-3">{each.name}</span>
                  </Command.Item>
                ))}
              </Command.Group>
              {text !== '' && elsewhere.length > 0 && (
                <Command.Group heading={t.keys.elsewhere} className={heading}>
                  {elsewhere.map((each) => (
                    <Command.Item
                      key={each.mock_id}
                      value={`found ${text} ${each.mock_slug} ${each.mock_id}`}
                      onSelect={act(
                        () => void router.navigate({ to: '/w/$ws/mocks/$mock', params: { ws: each.workspace_slug, mock: each.mock_slug } }),
                      )}
                      className={item}
                    >
                      <span className="text-ink-3">{each.workspace_slug} /</span>
                      <span className="font-medium">{each.mock_slug}</span>
                      <span className="min-w-0 flex-1 truncate text-ink-3">{each.name}</span>
                    </Command.Item>
                  ))}
                </Command.Group>
              )}
              {text !== '' && found && found.endpoints.length > 0 && (
                <Command.Group heading={t.keys.endpoints} className={heading}>
                  {found.endpoints.map((each) => (
                    <Command.Item
                      key={`${each.mock_id} ${each.method} ${each.path}`}
                      value={`found ${text} ${each.method ?? 'WS'} ${each.path} ${each.mock_id}`}
                      onSelect={act(
                        () =>
                          void router.navigate({
                            to: '/w/$ws/mocks/$mock',
                            params: { ws: each.workspace_slug, mock: each.mock_slug },
                            search: { line: each.line },
                          }),
                      )}
                      className={item}
                    >
                      <Method method={each.method ?? 'WS'} className="w-14 shrink-0" />
                      <span className="code min-w-0 flex-1 truncate">{each.path}</span>
                      <span className="truncate text-ink-3">
                        {each.workspace_slug} / {each.mock_slug}
                      </span>
                    </Command.Item>
                  ))}
                </Command.Group>
              )}
              {text !== '' && !text.startsWith('@') && found && found.files.length > 0 && (
                <Command.Group heading={t.shell.files} className={heading}>
                  {found.files.map((each) => (
                    <Command.Item
                      key={each.file_id}
                      value={`found ${text} ${each.name} ${each.file_id}`}
                      onSelect={act(
                        () =>
                          void router.navigate({ to: '/w/$ws/files', params: { ws: each.workspace_slug }, search: { id: each.file_id } }),
                      )}
                      className={item}
                    >
                      <span className="code min-w-0 flex-1 truncate">{each.name}</span>
                      <span className="text-ink-3">{each.workspace_slug}</span>
                    </Command.Item>
                  ))}
                </Command.Group>
              )}
              <Command.Group heading={t.keys.go} className={heading}>
                {offered
                  .filter((each) => each.group === 'go')
                  .map((each) => (
                    <Command.Item key={each.id} value={`${each.id} ${each.label}`} onSelect={act(each.run)} className={item}>
                      <span className="flex-1">{each.label}</span>
                      {each.keys && <kbd className="text-ink-3">{shown(each.keys)}</kbd>}
                    </Command.Item>
                  ))}
              </Command.Group>
            </Command.List>
          </Command>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
