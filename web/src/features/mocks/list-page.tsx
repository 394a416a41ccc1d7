import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useCallback, useMemo, useRef, useState } from 'react'
import { activityQuery } from '@/api/queries/activity'
import { indexQuery, type Mock } from '@/api/queries/mocks'
import { useT } from '@/i18n'
import { number } from '@/i18n/format'
import { useActions } from '@/keys/registry'
import { useMay, useWorkspace } from '@/shell/here'
import { Button, buttonClass, Keys } from '@/ui/button'
import { toClipboard } from '@/ui/copy'
import { Input, Select } from '@/ui/field'
import type { MenuEntry } from '@/ui/menu'
import { Empty, Page } from '@/ui/parts'
import { Segments } from '@/ui/segments'
import { toast } from '@/ui/toast'
import { DuplicateDialog } from './duplicate'
import { MockRow } from './row'
import { faceOf, type Sort, select } from './select'
import { Trash } from './trash'
import { useActs } from './use-acts'

const route = getRouteApi('/app/w/$ws/mocks')
const height = 44

/** The mocks of a workspace: found as fast as one types. */
export function MocksPage() {
  const t = useT()
  const { slug: ws, name } = useWorkspace()
  const may = useMay('editor')
  const wanted = route.useSearch()
  const navigate = useNavigate({ from: '/w/$ws/mocks' })
  const go = useNavigate()
  const { data: mocks } = useSuspenseQuery(indexQuery(ws))
  const { data: activity } = useQuery(activityQuery(ws))
  const acts = useActs()
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [at, setAt] = useState(-1)
  const [copying, setCopying] = useState<Mock | undefined>()
  const place = useRef<HTMLDivElement>(null)
  const filter = useRef<HTMLInputElement>(null)

  const { q, state, sort, deleted } = wanted
  const shown = useMemo(() => select(mocks, activity, { q, state, sort }), [mocks, activity, q, state, sort])
  const counts = useMemo(() => {
    const found = { published: 0, publishing: 0, invalid: 0, offline: 0 }
    for (const each of mocks) found[faceOf(each)]++
    return found
  }, [mocks])
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => place.current,
    estimateSize: () => height,
    overscan: 10,
    getItemKey: (index) => shown[index]?.id ?? index,
  })

  const set = (change: Partial<typeof wanted>) => void navigate({ search: (before) => ({ ...before, ...change }), replace: true })
  const open = (mock: Mock) => void go({ to: '/w/$ws/mocks/$mock', params: { ws, mock: mock.slug } })
  const toggle = useCallback((id: string) => {
    setChosen((before) => {
      const next = new Set(before)
      if (!next.delete(id)) next.add(id)
      return next
    })
  }, [])
  const move = (step: number) => {
    const next = Math.min(Math.max(0, at + step), shown.length - 1)
    setAt(next)
    virtual.scrollToIndex(next, { align: 'auto' })
  }
  const here = shown[at]
  const several = shown.filter((each) => chosen.has(each.id))
  const done = () => setChosen(new Set())
  const entries = (mock: Mock): (MenuEntry | null | false)[] => [
    { label: t.mocks.open, run: () => open(mock) },
    { label: t.tabs.requests, run: () => void go({ to: '/w/$ws/mocks/$mock/requests', params: { ws, mock: mock.slug } }) },
    { label: t.mocks.copyAddress, run: () => void toClipboard(mock.url).then(() => toast({ text: t.common.copied })) },
    null,
    mock.published_revision === 0
      ? { label: t.editor.publish, disabled: !may || mock.errors > 0, run: () => void acts.publish([mock]) }
      : { label: t.editor.unpublish, disabled: !may, run: () => void acts.offline([mock]) },
    { label: t.mocks.duplicate, disabled: !may, run: () => setCopying(mock) },
    null,
    { label: t.mocks.delete(mock.slug), danger: true, disabled: !may, run: () => void acts.remove([mock]) },
  ]
  useActions([
    { id: 'filter', label: t.keys.filter, keys: '/', run: () => filter.current?.focus() },
    { id: 'list.next', label: t.keys.next, keys: 'j', run: () => move(1) },
    { id: 'list.previous', label: t.keys.previous, keys: 'k', run: () => move(-1) },
    { id: 'list.open', label: t.mocks.open, keys: 'enter', hidden: true, run: () => here && open(here) },
    { id: 'list.select', label: t.mocks.selectHere, keys: 'x', hidden: true, run: () => here && toggle(here.id) },
  ])

  const states = [
    { value: 'all', label: `${t.mocks.all} ${number(mocks.length)}` },
    { value: 'published', label: `${t.common.state.published} ${number(counts.published)}` },
    { value: 'invalid', label: `${t.common.state.invalid} ${number(counts.invalid)}` },
    { value: 'offline', label: `${t.common.state.offline} ${number(counts.offline)}` },
    { value: 'deleted', label: t.mocks.trash },
  ] as const
  const view = deleted ? 'deleted' : (state ?? 'all')
  return (
    <Page
      wide
      title={t.mocks.title}
      lead={name && name !== ws ? name : undefined}
      actions={
        <Link to="/new" search={{ workspace: ws }} className={buttonClass('primary')}>
          {t.mocks.new} <Keys keys="n" />
        </Link>
      }
    >
      <div className="flex flex-wrap items-center gap-2">
        <Input
          ref={filter}
          type="search"
          aria-label={t.mocks.filter}
          placeholder={t.mocks.filter}
          value={q ?? ''}
          onChange={(event) => {
            setAt(-1)
            set({ q: event.target.value || undefined })
          }}
          onKeyDown={(event) => {
            if (event.key === 'Escape') q ? set({ q: undefined }) : event.currentTarget.blur()
            if (event.key === 'Enter' && shown[0]) open(shown[0])
          }}
          className="w-72! narrow:w-full!"
        />
        <Segments
          label={t.mocks.show}
          value={view as (typeof states)[number]['value']}
          onChange={(next) =>
            set({ state: next === 'all' || next === 'deleted' ? undefined : next, deleted: next === 'deleted' || undefined })
          }
          segments={[...states]}
        />
        <span className="flex-1" />
        <Select
          aria-label={t.mocks.sort}
          value={sort ?? 'slug'}
          onChange={(event) => set({ sort: event.target.value as Sort })}
          className="w-auto!"
        >
          {(['slug', 'updated', 'requests', 'last'] as const).map((each) => (
            <option key={each} value={each}>
              {t.mocks.sorts[each]}
            </option>
          ))}
        </Select>
      </div>
      {several.length > 0 && (
        <div role="status" className="flex flex-wrap items-center gap-2 rounded-lg bg-accent-soft px-3 py-2">
          <span className="num flex-1 font-medium text-accent-text">{t.mocks.selected(several.length)}</span>
          <Button disabled={!may} onClick={() => void acts.publish(several.filter((each) => each.published_revision === 0)).then(done)}>
            {t.editor.publish}
          </Button>
          <Button disabled={!may} onClick={() => void acts.offline(several.filter((each) => each.published_revision > 0)).then(done)}>
            {t.editor.unpublish}
          </Button>
          <Button look="danger" disabled={!may} onClick={() => void acts.remove(several).then(done)}>
            {t.mocks.deleteSeveral}
          </Button>
          <Button look="quiet" onClick={done}>
            {t.common.clear}
          </Button>
        </div>
      )}
      <section aria-label={t.mocks.title} className="overflow-hidden rounded-lg border border-line bg-surface">
        {deleted ? (
          <Trash ws={ws} may={may} />
        ) : shown.length === 0 ? (
          mocks.length === 0 ? (
            <Empty title={t.mocks.empty} hint={t.mocks.emptyHint}>
              <Link to="/new" search={{ workspace: ws }} className={buttonClass('primary')}>
                {t.mocks.new}
              </Link>
            </Empty>
          ) : (
            <Empty title={q ? t.mocks.noMatch(q) : t.mocks.noneSo}>
              <Button onClick={() => set({ q: undefined, state: undefined })}>{t.requests.clearFilters}</Button>
            </Empty>
          )
        ) : (
          <div ref={place} className="max-h-[calc(100dvh-170px)] overflow-y-auto narrow:max-h-none">
            <div
              role="table"
              aria-label={t.mocks.title}
              aria-rowcount={shown.length}
              className="relative"
              style={{ height: virtual.getTotalSize() }}
            >
              {virtual.getVirtualItems().map((each) => {
                const mock = shown[each.index] as Mock
                return (
                  <div
                    key={each.key}
                    role="rowgroup"
                    className="absolute inset-x-0 top-0"
                    style={{ height, transform: `translateY(${each.start}px)` }}
                  >
                    <MockRow
                      mock={mock}
                      activity={activity?.get(mock.id)}
                      selected={chosen.has(mock.id)}
                      here={each.index === at}
                      onSelect={toggle}
                      entries={entries}
                    />
                  </div>
                )
              })}
            </div>
          </div>
        )}
      </section>
      {copying && <DuplicateDialog mock={copying} onClose={() => setCopying(undefined)} />}
    </Page>
  )
}
