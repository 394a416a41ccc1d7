import { Play } from 'lucide-react'
import { useCallback, useEffect, useRef, useState } from 'react'
import type { Mock } from '@/api/queries/mocks'
import { type Try, tryOut, tryPublished } from '@/api/queries/tools'
import { useT } from '@/i18n'
import { curl } from '@/lib/curl'
import { useCell } from '@/lib/use-cell'
import { Button } from '@/ui/button'
import { Copy } from '@/ui/copy'
import { Input, Select, Textarea } from '@/ui/field'
import { ProblemText } from '@/ui/problem'
import { Segments } from '@/ui/segments'
import { Answer, Fold } from './answer'
import { callHere } from './here'
import { asked, headersOf, inputOf, type TryInput } from './state'

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']
const safe = new Set(['GET', 'HEAD', 'OPTIONS'])

interface TryPanelProps {
  mock: Mock
  /** What is being written, and how often it changed: with each change the try is repeated. */
  draft: () => string
  changes: number
  onLine?: (line: number) => void
}

interface Results {
  draft?: Try
  published?: Try
  error?: unknown
  unreachable?: boolean
}

/** What the mock answers, while it is being written. */
export function TryPanel({ mock, draft, changes, onLine }: TryPanelProps) {
  const t = useT()
  const cell = inputOf(mock.id)
  const input = useCell(cell)
  const cue = useCell(asked(mock.id))
  const [results, setResults] = useState<Results>({})
  const [busy, setBusy] = useState(false)
  const sent = useRef<TryInput>(undefined)
  const running = useRef<AbortController | undefined>(undefined)
  const set = (change: Partial<TryInput>) => cell.set({ ...cell.get(), ...change })

  const send = useCallback(async () => {
    const { method, path, headers, body, source } = cell.get()
    if (!path) return
    running.current?.abort()
    sent.current = cell.get()
    const run = new AbortController()
    running.current = run
    const request = { method, path: path.startsWith('/') ? path : `/${path}`, headers: headersOf(headers), ...(body ? { body } : {}) }
    setBusy(true)
    try {
      const next: Results = {}
      if (source === 'browser') {
        const here = await callHere(mock.url, request, run.signal)
        if (here) next.published = here
        else next.unreachable = true
      } else {
        const [a, b] = await Promise.all([
          source === 'published' ? undefined : tryOut(mock.id, request, draft(), run.signal),
          source === 'draft' ? undefined : tryPublished(mock.id, request, run.signal),
        ])
        if (a) next.draft = a
        if (b) next.published = b
      }
      if (!run.signal.aborted) setResults(next)
    } catch (error) {
      if (!run.signal.aborted) setResults({ error })
    } finally {
      if (running.current === run) setBusy(false)
    }
  }, [cell, draft, mock.id, mock.url])

  // A new edit is another question, whatever the request.
  // biome-ignore lint/correctness/useExhaustiveDependencies: that is what it is for
  useEffect(() => {
    sent.current = undefined
  }, [changes])
  const latest = useRef(send)
  latest.current = send
  useEffect(() => {
    if (cue > 0) void latest.current()
  }, [cue])
  // Again after an edit, and when another request was written: only what changes nothing.
  // biome-ignore lint/correctness/useExhaustiveDependencies: these are what it is repeated for
  useEffect(() => {
    if (!safe.has(input.method) || input.source === 'browser' || !input.path || sent.current === cell.get()) return
    const timer = setTimeout(() => void latest.current(), 150)
    return () => clearTimeout(timer)
  }, [changes, input.method, input.path, input.source, input.headers])

  const url = mock.url + (input.path.startsWith('/') ? input.path : `/${input.path}`)
  const both = results.draft?.response && results.published?.response
  const same =
    both &&
    results.draft?.response?.status === results.published?.response?.status &&
    results.draft?.response?.body === results.published?.response?.body
  return (
    <form
      aria-label={t.editor.tryOut}
      className="flex flex-col gap-3 p-3"
      onSubmit={(event) => {
        event.preventDefault()
        void send()
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) {
          event.preventDefault()
          void send()
        }
      }}
    >
      <div className="flex gap-2">
        <Select
          aria-label={t.editor.method}
          value={input.method}
          onChange={(event) => set({ method: event.target.value })}
          className="code w-24! shrink-0 font-semibold"
        >
          {(methods.includes(input.method) ? methods : [...methods, input.method]).map((each) => (
            <option key={each}>{each}</option>
          ))}
        </Select>
        <Input
          aria-label={t.editor.path}
          placeholder="/pets/7?full=1"
          spellCheck={false}
          autoCapitalize="none"
          value={input.path}
          maxLength={8192}
          onChange={(event) => set({ path: event.target.value })}
          className="code min-w-0"
        />
        <Button type="submit" look="primary" busy={busy && !safe.has(input.method)} icon={<Play size={14} strokeWidth={2} />}>
          {t.editor.send}
        </Button>
      </div>
      <div className="flex flex-wrap items-center gap-2">
        <Segments
          label={t.editor.source}
          value={input.source}
          onChange={(source) => set({ source })}
          segments={[
            { value: 'draft', label: t.editor.draft },
            {
              value: 'published',
              label: t.editor.published,
              disabled: mock.published_revision === 0,
              title: mock.published_revision === 0 ? t.editor.notPublished : `r${mock.published_revision}`,
            },
            { value: 'both', label: t.editor.both, disabled: mock.published_revision === 0 },
            { value: 'browser', label: t.editor.browser, title: t.editor.browserHint, disabled: mock.published_revision === 0 },
          ]}
        />
        <span className="flex-1" />
        <Copy text={curl({ method: input.method, url, headers: headersOf(input.headers), body: input.body })} label={t.editor.curl}>
          curl
        </Copy>
      </div>
      <div>
        <Fold label={t.editor.headers} open={input.headers !== ''}>
          <Textarea
            aria-label={t.editor.headers}
            placeholder={t.editor.headersHint}
            value={input.headers}
            spellCheck={false}
            onChange={(event) => set({ headers: event.target.value })}
            className="code min-h-14"
          />
        </Fold>
        {!(safe.has(input.method) && input.body === '') && (
          <Textarea
            aria-label={t.editor.body}
            placeholder={t.editor.body}
            value={input.body}
            spellCheck={false}
            onChange={(event) => set({ body: event.target.value })}
            className="code mt-1"
          />
        )}
      </div>
      <div aria-live="polite" className="flex flex-col gap-4">
        {results.error !== undefined && <ProblemText problem={results.error} />}
        {results.unreachable && <p className="text-warn">{t.editor.corsFailed}</p>}
        {both && <p className={same ? 'text-good' : 'text-warn'}>{same ? t.editor.same : t.editor.different}</p>}
        {results.draft && <Answer result={results.draft} onLine={onLine} {...(results.published ? { title: t.editor.draft } : {})} />}
        {results.published && (
          <Answer result={results.published} title={input.source === 'browser' ? t.editor.browser : t.editor.published} />
        )}
        {!results.draft && !results.published && results.error === undefined && !results.unreachable && (
          <p className="text-ink-3">{t.editor.noAnswer}</p>
        )}
      </div>
    </form>
  )
}
