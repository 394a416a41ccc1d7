import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { endpointCountsQuery, requestQuery } from '@/api/queries/requests'
import { schemaQuery } from '@/api/queries/tools'
import { queryClient } from '@/api/query-client'
import { TryPanel } from '@/features/try/panel'
import { examplePath, inputOf, tryThis } from '@/features/try/state'
import { useT } from '@/i18n'
import { clock } from '@/i18n/format'
import { useActions } from '@/keys/registry'
import { recall, remember } from '@/lib/stored'
import { useCell } from '@/lib/use-cell'
import { useNarrow } from '@/lib/use-size'
import { trafficOf, useTraffic } from '@/live/requests'
import { useMay, useMock } from '@/shell/here'
import { Button } from '@/ui/button'
import { Skeleton } from '@/ui/parts'
import { Segments } from '@/ui/segments'
import { Handle, useWidth } from '@/ui/split'
import { toast } from '@/ui/toast'
import { CodeArea } from './code-area'
import { setLookup } from './codemirror/complete'
import { hitsShown, setHits } from './codemirror/hits'
import { type Schema, setSchema } from './codemirror/schema'
import { ConflictStrip } from './conflict-strip'
import { Drawer } from './drawer'
import { fixOf } from './fix'
import { takeForMaking } from './make'
import { OutlinePanel } from './outline-panel'
import { Toolbar } from './toolbar'
import { count, type Ghost, hitsOf } from './traffic'
import { TrafficCheckDialog } from './traffic-check-dialog'
import { useSaving, useSession } from './use-editor'
import { insertion, type Sample } from './yaml/insert'
import { answersOf, type Item, label, plain } from './yaml/outline'

// The form brings the parser; who writes YAML does without.
const FormPanel = lazy(() => import('./form-panel'))

type Panels = { outline: boolean; side: boolean; drawer: boolean }
const isPanels = (value: unknown): value is Panels =>
  typeof value === 'object' && value !== null && 'outline' in value && 'side' in value && 'drawer' in value

// Completion shows the values of the last request to an endpoint.
setLookup(async (mock: string, item: Item) => {
  const name = plain(label(item))
  const record = trafficOf(mock).state.items.find((each) => plain(each.endpoint) === name)
  if (!record) return undefined
  const whole = await queryClient.ensureQueryData(requestQuery(mock, record.id))
  return {
    path: whole.path,
    query: whole.query,
    body: whole.request.encoding === 'text' ? whole.request.body : '',
    headers: whole.request.headers,
  }
})

/** The text, what it answers, and who calls: one screen. */
export function EditorPage({
  line: wantedLine,
  at,
  view = 'yaml',
  onView,
}: {
  line?: number | undefined
  at?: string | undefined
  view?: 'yaml' | 'form' | undefined
  onView: (view: 'yaml' | 'form') => void
}) {
  const t = useT()
  const mock = useMock()
  const may = useMay('editor')
  const narrow = useNarrow()
  const session = useSession(mock.id)
  const saving = useSaving(session, mock)
  const traffic = useTraffic(mock.id)
  const items = useCell(session.items)
  const line = useCell(session.line)
  const found = useCell(session.found)
  const diagnostics = useCell(session.diagnostics)
  const [changes, setChanges] = useState(0)
  const [checking, setChecking] = useState(false)
  const [panels, setPanels] = useState<Panels>(() => recall('panels', { outline: true, side: true, drawer: true }, isPanels))
  const [phone, setPhone] = useState<'outline' | 'text' | 'side'>('text')
  const outlineWidth = useWidth('outline', 230, 160, 480)
  const sideWidth = useWidth('side', 380, 280, 800)
  const drawerHeight = useWidth('drawer', 150, 80, 500)

  const { data: schema } = useQuery(schemaQuery)
  useEffect(() => {
    if (schema) setSchema(schema as Schema)
  }, [schema])
  // The form follows every key; what is tried waits for a pause, so that a key draws nothing but the text.
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const step = () => setChanges((n) => n + 1)
    const stop = session.changed.add(() => {
      clearTimeout(timer)
      if (view === 'form') step()
      else timer = setTimeout(step, 250)
    })
    return () => {
      clearTimeout(timer)
      stop()
    }
  }, [session, view])

  const { data: counts } = useQuery(endpointCountsQuery(mock.id))
  const counted = useMemo(() => count(traffic.items, counts), [traffic.items, counts])
  useEffect(() => {
    const lines = new Map(
      items.flatMap((each) => {
        const hits = hitsOf(counted, each)
        return hits ? [[each.line, hits] as const] : []
      }),
    )
    const view = session.view
    if (view && (lines.size > 0 || hitsShown(view.state))) view.dispatch({ effects: setHits.of(lines) })
  }, [session, items, counted])

  const itemAt = useCallback((n: number) => items.find((each) => each.line <= n && n <= each.end), [items])
  const open = (item: Item) => {
    setPhone('text')
    // The editor may only now come into the page.
    requestAnimationFrame(() => session.goTo(item.line))
    const first = answersOf(item)[0]
    if (first && (item.kind === 'endpoint' || item.kind === 'resource'))
      tryThis(mock.id, { method: first.method, path: examplePath(first.path) })
  }
  useEffect(() => {
    const item = at ? session.items.get().find((each) => plain(label(each)) === plain(at)) : undefined
    if (item) session.goTo(item.line)
  }, [session, at])

  const make = async (sample: Sample, record?: string) => {
    const whole = record ? await queryClient.ensureQueryData(requestQuery(mock.id, record)).catch(() => undefined) : undefined
    const body = whole && whole.request.encoding === 'text' ? whole.request.body : sample.body
    const { from, insert, cursor } = insertion(session.text, session.items.get(), { ...sample, ...(body ? { body } : {}) })
    session.edit({ from, insert }, cursor)
    setPhone('text')
    session.view?.focus()
    toast({ text: t.editor.made(`${sample.method} ${sample.path}`) })
  }
  const fromGhost = (ghost: Ghost) =>
    void make({ method: ghost.method, path: ghost.sample.path, query: ghost.sample.query }, ghost.sample.id)

  const flip = (panel: keyof Panels) => {
    const next = { ...panels, [panel]: !panels[panel] }
    setPanels(next)
    remember('panels', next)
  }
  const fixAll = (all: boolean) => {
    // From the end, so that what is before stays where it is.
    const here = session.diagnostics.get().filter((each) => fixOf(each) && (all || each.line === session.line.get()))
    for (const each of [...here].sort((a, b) => b.line - a.line || b.column - a.column)) session.fix(each)
  }
  const next = () => {
    const all = session.diagnostics.get()
    const after = all.find((each) => each.line > session.line.get()) ?? all[0]
    if (after) session.goTo(after.line, after.column)
  }
  useActions([
    { id: 'editor.outline', label: t.editor.toggleOutline, keys: 'mod+b', run: () => flip('outline') },
    { id: 'editor.try', label: t.editor.toggleTry, keys: 'mod+\\', run: () => flip('side') },
    { id: 'editor.drawer', label: t.editor.toggleDrawer, keys: 'mod+j', run: () => flip('drawer') },
    { id: 'editor.view', label: t.editor.toggleForm, keys: 'mod+e', run: () => onView(view === 'form' ? 'yaml' : 'form') },
    { id: 'editor.fix', label: t.editor.fixHere, keys: 'alt+enter', run: () => fixAll(false) },
    { id: 'editor.fix-all', label: t.editor.fixAll, keys: 'mod+.', run: () => fixAll(true) },
    { id: 'editor.next', label: t.editor.nextProblem, keys: 'f8', run: next },
    { id: 'filter', label: t.keys.filter, keys: '/', run: () => document.querySelector<HTMLInputElement>('[data-filter]')?.focus() },
  ])
  // A request that was chosen elsewhere.
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the page comes
  useEffect(() => {
    const sample = takeForMaking(mock.id)
    if (sample) requestAnimationFrame(() => void make(sample))
  }, [mock.id])
  // What is under the cursor is what is tried, until somebody writes another request.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only for the first look at the mock
  useEffect(() => {
    const first = itemAt(session.line.get()) ?? items.find((each) => each.kind === 'endpoint')
    if (first?.kind === 'endpoint' && inputOf(mock.id).get().path === '') {
      const path = examplePath(first.path)
      tryThis(mock.id, { method: first.method, path })
    }
  }, [session])

  // A path that was renamed is tried as it is now, unless somebody wrote the request.
  const offered = useRef<string>(undefined)
  useEffect(() => {
    const input = inputOf(mock.id).get()
    const paths = items.filter((each) => each.kind === 'endpoint').map((each) => examplePath(each.path))
    if (paths.includes(input.path)) {
      offered.current = input.path
      return
    }
    const here = itemAt(session.line.get())
    if (offered.current === undefined || input.path !== offered.current || here?.kind !== 'endpoint' || !here.path.startsWith('/')) return
    offered.current = examplePath(here.path)
    tryThis(mock.id, { method: here.method, path: offered.current })
  }, [mock.id, session, items, itemAt])

  const outline = <OutlinePanel items={items} counted={counted} line={line} onItem={open} onGhost={fromGhost} />
  const side = (
    <TryPanel
      mock={mock}
      draft={() => session.text}
      changes={changes}
      onLine={(n) => {
        setPhone('text')
        requestAnimationFrame(() => session.goTo(n))
      }}
    />
  )
  const text =
    view === 'form' ? (
      <Suspense fallback={<Skeleton />}>
        <FormPanel
          session={session}
          items={items}
          line={line}
          changes={changes}
          may={may}
          onYaml={(n) => {
            onView('yaml')
            requestAnimationFrame(() => session.goTo(n))
          }}
        />
      </Suspense>
    ) : (
      <CodeArea session={session} line={wantedLine} />
    )
  const drawer = <Drawer session={session} mock={mock} traffic={traffic} />
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <Toolbar
        session={session}
        mock={mock}
        may={may}
        saving={saving}
        narrow={narrow}
        view={view}
        onView={onView}
        panels={panels}
        onPanel={flip}
        onCheck={() => setChecking(true)}
      />
      {checking && <TrafficCheckDialog mock={mock.id} draft={session.text} onClose={() => setChecking(false)} />}
      {!may && <p className="border-line border-b bg-info-soft px-3 py-1.5 text-info">{t.editor.viewer}</p>}
      {found !== undefined && (
        <p className="flex items-center gap-3 border-line border-b bg-info-soft px-3 py-1 text-info">
          <span className="flex-1">{t.editor.draftFrom(clock(found))}</span>
          <Button look="quiet" onClick={saving.discard}>
            {t.editor.discard}
          </Button>
        </p>
      )}
      <ConflictStrip session={session} />
      {narrow ? (
        <>
          <div className="border-line border-b bg-surface px-3 py-1.5">
            <Segments
              label={t.editor.view}
              value={phone === 'text' ? view : phone}
              onChange={(next) => {
                if (next === 'outline' || next === 'side') return setPhone(next)
                setPhone('text')
                if (next !== view) onView(next)
              }}
              className="flex! [&>button]:flex-1"
              segments={[
                { value: 'outline', label: t.editor.outline },
                { value: 'yaml', label: t.editor.yaml },
                { value: 'form', label: t.editor.form },
                { value: 'side', label: t.editor.tryOut },
              ]}
            />
          </div>
          {phone === 'outline' && outline}
          {phone === 'text' && (
            <>
              {text}
              {diagnostics.length > 0 && <div className="flex h-28 border-line border-t">{drawer}</div>}
            </>
          )}
          {phone === 'side' && <div className="min-h-0 flex-1 overflow-y-auto bg-surface">{side}</div>}
        </>
      ) : (
        <>
          <div className="flex min-h-0 flex-1">
            {panels.outline && (
              <>
                <aside
                  aria-label={t.editor.outline}
                  className="flex min-h-0 shrink-0 flex-col bg-surface"
                  style={{ width: outlineWidth.size }}
                >
                  {outline}
                </aside>
                <Handle label={t.editor.outline} panel={outlineWidth} grow="right" />
              </>
            )}
            <section aria-label={t.editor.text} className="flex min-w-0 flex-1 flex-col">
              {text}
            </section>
            {panels.side && (
              <>
                <Handle label={t.editor.tryOut} panel={sideWidth} grow="left" />
                <aside
                  aria-label={t.editor.tryOut}
                  className="min-h-0 shrink-0 overflow-y-auto bg-surface"
                  style={{ width: sideWidth.size }}
                >
                  {side}
                </aside>
              </>
            )}
          </div>
          {panels.drawer && (
            <>
              <Handle label={t.editor.toggleDrawer} panel={drawerHeight} grow="up" />
              <div className="flex shrink-0" style={{ height: drawerHeight.size }}>
                {drawer}
              </div>
            </>
          )}
        </>
      )}
    </div>
  )
}
