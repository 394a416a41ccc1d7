import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { Pause, Play, Trash2 } from 'lucide-react'
import { useRef, useState } from 'react'
import { type RecordedRequest, recordingQuery, requestQuery, useClearRequests } from '@/api/queries/requests'
import { usageQuery } from '@/api/queries/usage'
import { queryClient } from '@/api/query-client'
import { openForMaking } from '@/features/editor/make'
import { tryThis } from '@/features/try/state'
import { useT } from '@/i18n'
import { useActions } from '@/keys/registry'
import { useNarrow } from '@/lib/use-size'
import { useTraffic } from '@/live/requests'
import { useMay, useMock } from '@/shell/here'
import { IconButton } from '@/ui/button'
import { CopyLine } from '@/ui/copy'
import { Input, Select } from '@/ui/field'
import { Empty, Skeleton } from '@/ui/parts'
import { Failed } from '@/ui/problem'
import { Handle, useWidth } from '@/ui/split'
import { failed, toast } from '@/ui/toast'
import { RequestDetail } from './detail'
import type { Filters } from './filter'
import { RequestList } from './list'
import { useFound } from './use-found'
import { useHeld } from './use-held'

const route = getRouteApi('/app/w/$ws/mocks/$mock/requests')
const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']
const classes = ['2xx', '3xx', '4xx', '404', '5xx']

/** Who calls the mock, as it happens. */
export function RequestsPage() {
  const t = useT()
  const mock = useMock()
  const may = useMay('editor')
  const narrow = useNarrow()
  const { id: selected, method, status, q, matched, endpoint } = route.useSearch()
  const filters: Filters = { method, status, q, matched, endpoint }
  const navigate = useNavigate({ from: '/w/$ws/mocks/$mock/requests' })
  const go = useNavigate()
  const traffic = useTraffic(mock.id)
  const { data: recording } = useQuery(recordingQuery(mock.id))
  const { data: usage } = useQuery(usageQuery(mock.workspace_slug, mock.id, 24))
  const lost = usage?.total.not_kept ?? 0
  const clear = useClearRequests()
  const [paused, setPaused] = useState(false)
  const [top, setTop] = useState(true)
  const panel = useWidth('request', 480, 300, 900)
  const filter = useRef<HTMLInputElement>(null)

  const { found, on, searching, error: searchError, more } = useFound(mock.id, traffic.items, filters)
  const { shown, fresh } = useHeld(found, top && !paused)
  const set = (change: Partial<Filters> & { id?: string | undefined }) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: !('id' in change) })
  const select = (id: string) => set({ id })
  const move = (step: number) => {
    const at = shown.findIndex((each) => each.id === selected)
    const next = shown[at < 0 ? 0 : Math.min(Math.max(0, at + step), shown.length - 1)]
    if (next) select(next.id)
  }

  const make = (record: RecordedRequest) => {
    openForMaking(mock.id, record)
    void go({ to: '/w/$ws/mocks/$mock', params: { ws: mock.workspace_slug, mock: mock.slug } })
  }
  const replay = (record: RecordedRequest) => {
    const headers = record.request.headers.filter((each) => !/^(host|content-length|connection|accept-encoding)$/i.test(each.name))
    tryThis(mock.id, {
      method: record.method,
      path: record.path + (record.query ? `?${record.query}` : ''),
      headers: headers.map((each) => `${each.name}: ${each.value}`).join('\n'),
      body: record.request.encoding === 'text' ? record.request.body : '',
    })
    void go({ to: '/w/$ws/mocks/$mock', params: { ws: mock.workspace_slug, mock: mock.slug } })
  }
  const withSelected = (act: (record: RecordedRequest) => void) => () => {
    if (selected) void queryClient.ensureQueryData(requestQuery(mock.id, selected)).then(act).catch(failed)
  }
  // Clearing cannot be undone on the server: it is sent when the time for undoing is over.
  const wipe = () => {
    const before = traffic.items
    traffic.log.clear()
    set({ id: undefined })
    toast({
      text: t.requests.cleared,
      action: { label: t.common.undo, run: () => traffic.log.put(before) },
      expired: () =>
        clear.mutate(mock.id, {
          onError: (error) => {
            traffic.log.put(before)
            failed(error)
          },
        }),
    })
  }
  useActions([
    { id: 'filter', label: t.keys.filter, keys: '/', run: () => filter.current?.focus() },
    { id: 'requests.next', label: t.keys.next, keys: 'j', run: () => move(1) },
    { id: 'requests.previous', label: t.keys.previous, keys: 'k', run: () => move(-1) },
    { id: 'requests.pause', label: paused ? t.requests.resume : t.requests.pause, keys: 'p', run: () => setPaused(!paused) },
    {
      id: 'requests.make',
      label: t.requests.make,
      keys: 'e',
      run: withSelected((record) => record.endpoint === '' && may && make(record)),
    },
    { id: 'requests.replay', label: t.requests.replay, keys: 'r', run: withSelected(replay) },
    { id: 'requests.close', label: t.common.close, keys: 'escape', hidden: true, run: () => set({ id: undefined }) },
  ])

  const detail = selected && (
    <RequestDetail
      key={selected}
      mock={mock}
      id={selected}
      may={may}
      onClose={() => set({ id: undefined })}
      onMake={make}
      onReplay={replay}
    />
  )
  if (narrow && detail) return <div className="bg-surface">{detail}</div>
  return (
    <div className="flex min-h-0 flex-1 flex-col bg-surface">
      <div className="flex flex-wrap items-center gap-2 border-line border-b px-3 py-1.5">
        <p role="status" className="num flex items-center gap-2 text-ink-2">
          <span aria-hidden="true" className={paused ? 'text-warn' : 'text-good'}>
            {paused ? '❚❚' : '●'}
          </span>
          {paused ? t.requests.paused : t.requests.rate(traffic.rate)}
        </p>
        <Input
          ref={filter}
          type="search"
          aria-label={t.requests.filter}
          placeholder={t.requests.filter}
          value={q ?? ''}
          onChange={(event) => set({ q: event.target.value || undefined })}
          onKeyDown={(event) => event.key === 'Escape' && (q ? set({ q: undefined }) : event.currentTarget.blur())}
          className="min-w-40 flex-1"
        />
        <IconButton label={paused ? t.requests.resume : t.requests.pause} keys="p" onClick={() => setPaused(!paused)}>
          {paused ? <Play size={16} strokeWidth={1.5} /> : <Pause size={16} strokeWidth={1.5} />}
        </IconButton>
        <IconButton label={t.requests.clear} disabled={!may || traffic.items.length === 0} onClick={wipe}>
          <Trash2 size={16} strokeWidth={1.5} />
        </IconButton>
        <div className="flex gap-2 narrow:order-last narrow:w-full">
          <Select
            aria-label={t.requests.method}
            value={method ?? ''}
            onChange={(event) => set({ method: event.target.value || undefined })}
            className="w-auto! narrow:w-0! narrow:flex-1 narrow:px-1 narrow:text-base"
          >
            <option value="">{t.requests.method}</option>
            {methods.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </Select>
          <Select
            aria-label={t.requests.status}
            value={status ?? ''}
            onChange={(event) => set({ status: event.target.value || undefined })}
            className="w-auto! narrow:w-0! narrow:flex-1 narrow:px-1 narrow:text-base"
          >
            <option value="">{t.requests.status}</option>
            {(status && !classes.includes(status) ? [...classes, status] : classes).map((each) => (
              <option key={each}>{each}</option>
            ))}
          </Select>
          <Select
            aria-label={t.requests.matched}
            value={matched ?? ''}
            onChange={(event) => set({ matched: (event.target.value || undefined) as Filters['matched'] })}
            className="w-auto! narrow:w-0! narrow:flex-1 narrow:px-1 narrow:text-base"
          >
            <option value="">{t.requests.matched}</option>
            <option value="yes">{t.requests.onlyMatched}</option>
            <option value="no">{t.requests.onlyUnmatched}</option>
          </Select>
        </div>
      </div>
      {(traffic.missed > 0 || on) && (
        <p className="flex flex-wrap items-center gap-3 border-line border-b px-3 py-1 text-ink-3 text-sm">
          {traffic.missed > 0 && <span className="text-warn">{t.requests.missed(traffic.missed)}</span>}
          {on && (
            <span role="status">
              {searchError ? (
                <span className="text-warn">{t.requests.searchFailed}</span>
              ) : searching ? (
                t.requests.searching
              ) : (
                t.requests.found(found.length, more !== undefined)
              )}
            </span>
          )}
          {on && (
            <button
              type="button"
              className="text-accent-text underline"
              onClick={() => set({ method: undefined, status: undefined, q: undefined, matched: undefined, endpoint: undefined })}
            >
              {t.requests.clearFilters}
            </button>
          )}
        </p>
      )}
      <div className="flex min-h-0 flex-1">
        <div className="flex min-w-0 flex-1 flex-col">
          {traffic.error !== undefined && traffic.items.length === 0 ? (
            <Failed error={traffic.error} retry={() => void traffic.log.load()} />
          ) : traffic.loading ? (
            <Skeleton rows={12} />
          ) : shown.length === 0 ? (
            on ? (
              searching ? (
                <Skeleton rows={4} />
              ) : (
                <Empty title={t.requests.noMatch} />
              )
            ) : (
              <Empty title={t.requests.empty} hint={mock.published_revision > 0 ? t.requests.emptyHint : t.requests.offlineHint}>
                {mock.published_revision > 0 && <CopyLine text={`curl ${mock.url}/`} />}
              </Empty>
            )
          ) : (
            <RequestList
              items={shown}
              fresh={paused ? 0 : fresh}
              selected={selected}
              onSelect={select}
              onTop={setTop}
              onEnd={on ? more && (() => void more()) : traffic.cursor ? () => void traffic.log.load(traffic.cursor) : undefined}
            />
          )}
          {recording && (
            <p className="flex flex-wrap gap-x-4 border-line border-t px-3 py-1 text-ink-3 text-sm">
              {t.requests.modes[recording.mode]}
              {lost > 0 && <span className="text-warn">{t.requests.notKept(lost)}</span>}
            </p>
          )}
        </div>
        {detail && (
          <>
            <Handle label={t.requests.request} panel={panel} grow="left" />
            <aside aria-label={t.requests.request} className="min-h-0 shrink-0 overflow-y-auto" style={{ width: panel.size }}>
              {detail}
            </aside>
          </>
        )}
      </div>
    </div>
  )
}
