import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { type DragEvent, useDeferredValue, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { newKey } from '@/api/client'
import { asProblem } from '@/api/problem'
import { instanceQuery } from '@/api/queries/instance'
import { type Mock, useCreateMock, usePublish } from '@/api/queries/mocks'
import { availabilityQuery, importDocument } from '@/api/queries/tools'
import { atLeast, workspacesQuery } from '@/api/queries/workspaces'
import { answersOf, outline } from '@/features/editor/yaml/outline'
import { useT } from '@/i18n'
import { bytes } from '@/i18n/format'
import { useActions } from '@/keys/registry'
import { cx } from '@/lib/cx'
import { useSettled } from '@/lib/use-settled'
import { Button } from '@/ui/button'
import { Field, Input, Select, Textarea } from '@/ui/field'
import { Method, Page, Panel } from '@/ui/parts'
import { ProblemText, sentence } from '@/ui/problem'
import { Launched } from './launched'
import { Operations } from './operations'
import { isBinary, looksLikeMock, slugOf } from './slug'
import { starters } from './starters'

const route = getRouteApi('/app/new')
const largest = 4 * 1024 * 1024
/** What a text box takes without slowing the page down; more of a document is shown, and not edited. */
const editable = 100_000

/** One form: a name, what to begin with, and then the first request. */
export function NewPage() {
  const t = useT()
  const { workspace: wanted, from } = route.useSearch()
  const navigate = useNavigate({ from: '/new' })
  const { data: workspaces } = useSuspenseQuery(workspacesQuery)
  const { data: instance } = useQuery(instanceQuery)
  const writable = workspaces.filter((each) => atLeast(each.role, 'editor'))
  const ws = (writable.find((each) => each.slug === wanted) ?? writable[0])?.slug ?? ''
  const starter = starters.find((each) => each.id === from) ?? (from === undefined ? starters[0] : undefined)
  const [typed, setTyped] = useState<string | undefined>()
  const [title, setTitle] = useState('')
  const [document, setDocument] = useState<string | undefined>()
  const [content, setContent] = useState<string | undefined>()
  const [problem, setProblem] = useState<unknown>()
  const [leftOut, setLeftOut] = useState(0)
  const [busy, setBusy] = useState(false)
  const [reading, setReading] = useState(false)
  const [url, setUrl] = useState('')
  /** What an import made, as the server names it, and which of it is wanted. */
  const [offered, setOffered] = useState<readonly string[]>([])
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  /** The newest document that was given; what comes of older ones is left. */
  const attempt = useRef(0)
  const [made, setMade] = useState<Mock | undefined>()
  const key = useRef(newKey())
  const create = useCreateMock()
  const publish = usePublish()

  const slug = slugOf(typed ?? (title || starter?.slug || 'mock')).replace(/-+$/, '')
  const settled = useDeferredValue(useSettled(slug))
  const { data: free } = useQuery(availabilityQuery('mock', settled, ws))
  const yaml = starter ? starter.content : (content ?? '')
  const items = useMemo(
    () =>
      outline(yaml.split('\n'))
        .filter((each) => each.kind !== 'other')
        .flatMap((each) => answersOf(each).map(({ method, path }) => ({ kind: each.kind, line: each.line, method, path }))),
    [yaml],
  )
  const address = instance?.mock_url.replace('{mock_slug}', slug || '…').replace('{workspace_slug}', ws)

  const choose = (next: string) => {
    setProblem(undefined)
    setTyped(undefined)
    void navigate({ search: (before) => ({ ...before, from: next }), replace: true })
  }
  const refuse = (reason: string) => setProblem(new Error(reason))
  /** forget drops what an earlier document made, so that nobody creates it by mistake, and begins a new attempt. */
  const forget = () => {
    setProblem(undefined)
    setLeftOut(0)
    setContent(undefined)
    setTitle('')
    setDocument(undefined)
    setReading(false)
    setOffered([])
    return ++attempt.current
  }
  const take = async (text: string) => {
    const mine = forget()
    if (text.length > largest) return refuse(t.start.tooLarge('4 MB'))
    if (isBinary(text)) return refuse(t.start.binary)
    setDocument(text)
    if (text.trim() === '') return
    if (looksLikeMock(text)) return setContent(text)
    await read(mine, { document: text })
  }
  /** read imports a document, and offers what it has to choose from. */
  const read = async (mine: number, input: { document: string } | { url: string }) => {
    setReading(true)
    try {
      const made = await importDocument(input)
      if (mine !== attempt.current) return
      if (made.document) setDocument(made.document)
      const names = made.operations.map((each) => `${each.method ?? 'WS'} ${each.path}`)
      setOffered(names)
      setChosen(new Set(names))
      setContent(made.content)
      setTitle(made.title)
      setLeftOut(made.diagnostics.length)
    } catch (error) {
      if (mine === attempt.current) setProblem(error)
    } finally {
      if (mine === attempt.current) setReading(false)
    }
  }
  /** pick leaves operations out, or takes them in again. */
  const pick = async (names: ReadonlySet<string>) => {
    setChosen(names)
    if (names.size === 0 || !document) return
    const mine = ++attempt.current
    const some = names.size < offered.length ? { operations: offered.filter((each) => names.has(each)) } : {}
    try {
      const made = await importDocument({ document, ...some })
      if (mine === attempt.current) setContent(made.content)
    } catch (error) {
      if (mine === attempt.current) setProblem(error)
    }
  }
  const readFile = (file: File | undefined) => {
    if (!file) return
    choose('openapi')
    const mine = forget()
    if (file.size > largest) return refuse(t.start.tooLarge('4 MB'))
    void file.text().then((text) => {
      if (mine === attempt.current) void take(text)
    })
  }
  const submit = async (live: boolean) => {
    if (busy || !slug) return
    setBusy(true)
    setProblem(undefined)
    try {
      const read = await create.mutateAsync({
        key: key.current,
        input: { slug, workspace_slug: ws, content: from === 'empty' ? '[]\n' : yaml, ...(title ? { name: title.slice(0, 100) } : {}) },
      })
      key.current = newKey()
      const valid = !(read.data.diagnostics ?? []).some((each) => each.severity === 'error')
      if (live && valid && from !== 'empty') {
        await publish.mutateAsync({ id: read.data.id })
        setMade(read.data)
      } else void navigate({ to: '/w/$ws/mocks/$mock', params: { ws: read.data.workspace_slug, mock: read.data.slug } })
    } catch (error) {
      if (asProblem(error).code !== 'offline') key.current = newKey()
      setProblem(error)
    } finally {
      setBusy(false)
    }
  }
  useActions([{ id: 'new.create', label: t.start.createAndPublish, keys: 'mod+enter', run: () => void submit(true) }])

  // A name that nobody typed gives way by itself.
  const nameInput = useRef<HTMLInputElement>(null)
  const [gaveWay, setGaveWay] = useState('')
  useEffect(() => {
    if (typed !== undefined || !free || free.free || !free.suggestion || settled !== slug) return
    setTyped(free.suggestion)
    setGaveWay(free.suggestion)
  }, [typed, free, settled, slug])
  // Whoever begins to type replaces it, as it was selected before.
  useLayoutEffect(() => {
    if (gaveWay && nameInput.current?.matches(':focus')) nameInput.current.select()
  }, [gaveWay])

  if (made) return <Launched mock={made} path={starter?.try ?? firstPath(items)} onAnother={() => setMade(undefined)} />
  const nothing = from === 'openapi' && (!yaml || reading || (offered.length > 0 && chosen.size === 0))
  const long = document !== undefined && document.length > editable
  const taken = free && !free.free && settled === slug
  const nameError =
    problem !== undefined && asProblem(problem).field === 'slug' ? (
      <span lang="en">{sentence(problem, t).text}</span>
    ) : taken ? (
      <span lang="en">{free.reason || t.start.taken}</span>
    ) : undefined
  return (
    <Page title={t.start.title} lead={t.start.lead}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          void submit(true)
        }}
        onDragOver={(event: DragEvent) => event.preventDefault()}
        onDrop={(event: DragEvent) => {
          event.preventDefault()
          readFile(event.dataTransfer.files[0])
        }}
      >
        <Panel className="flex flex-wrap items-start gap-4 p-4">
          <Field
            label={t.start.name}
            className="min-w-52 flex-1"
            error={nameError}
            hint={
              address && (
                <span className="flex flex-wrap items-center gap-x-2">
                  <code className="code">{address.replace(/^https?:\/\//, '')}</code>
                  {settled !== slug ? t.start.checking : free?.free ? <span className="text-good">✓ {t.start.free}</span> : ''}
                </span>
              )
            }
          >
            {(props) => (
              <Input
                {...props}
                ref={nameInput}
                autoFocus
                required
                spellCheck={false}
                autoCapitalize="none"
                maxLength={60}
                placeholder={starter?.slug}
                value={typed ?? slug}
                onChange={(event) => setTyped(slugOf(event.target.value))}
                onFocus={(event) => event.target.select()}
              />
            )}
          </Field>
          {taken && free.suggestion && (
            <Button className="mt-6" onClick={() => setTyped(free.suggestion)}>
              {t.start.suggestion(free.suggestion)}
            </Button>
          )}
          {writable.length > 1 && (
            <Field label={t.start.workspace} className="w-48">
              {(props) => (
                <Select
                  {...props}
                  value={ws}
                  onChange={(event) => void navigate({ search: (before) => ({ ...before, workspace: event.target.value }), replace: true })}
                >
                  {writable.map((each) => (
                    <option key={each.slug}>{each.slug}</option>
                  ))}
                </Select>
              )}
            </Field>
          )}
        </Panel>
        <fieldset>
          <legend className="mb-2 font-medium text-ink-2">{t.start.from}</legend>
          <div className="grid grid-cols-4 gap-2 mid:grid-cols-3 narrow:grid-cols-2">
            {starters.map((each) => (
              <Choice
                key={each.id}
                chosen={starter?.id === each.id}
                title={t.start.starters[each.id].title}
                lead={t.start.starters[each.id].lead}
                onChoose={() => choose(each.id)}
              />
            ))}
            <Choice
              chosen={from === 'openapi'}
              title={t.start.openapi}
              lead="OpenAPI, Postman, WireMock, Mockoon, HAR, cURL, YAML"
              onChoose={() => choose('openapi')}
            />
            <Choice chosen={from === 'empty'} title={t.start.empty} lead={t.start.emptyLead} onChoose={() => choose('empty')} />
          </div>
        </fieldset>
        {from === 'openapi' && (
          <Panel className="flex flex-col gap-2 p-4">
            <div className="flex gap-2">
              <Input
                type="url"
                aria-label={t.start.url}
                placeholder={t.start.urlExample}
                spellCheck={false}
                value={url}
                onChange={(event) => setUrl(event.target.value)}
                onKeyDown={(event) => {
                  if (event.key !== 'Enter') return
                  event.preventDefault()
                  if (url.trim()) void read(forget(), { url: url.trim() })
                }}
              />
              <Button disabled={!url.trim()} busy={reading} onClick={() => void read(forget(), { url: url.trim() })}>
                {t.start.readUrl}
              </Button>
            </div>
            <Textarea
              aria-label={t.start.paste}
              placeholder={t.start.paste}
              spellCheck={false}
              readOnly={long}
              value={long ? `${document.slice(0, editable)}…` : (document ?? '')}
              onChange={(event) => void take(event.target.value)}
              onPaste={(event) => {
                // In place of a long one, which cannot be edited here.
                if (!long) return
                event.preventDefault()
                void take(event.clipboardData.getData('text'))
              }}
              className="code min-h-32"
            />
            {long && (
              <p className="flex items-center gap-2 text-ink-2">
                {t.start.long(bytes(document.length))}
                <Button look="quiet" onClick={() => forget()}>
                  {t.start.clear}
                </Button>
              </p>
            )}
            <label className="self-start">
              <span className="inline-flex h-8 cursor-pointer items-center rounded-md border border-control bg-surface px-3 font-medium hover:bg-sunken narrow:h-11">
                {t.start.pick}
              </span>
              <input
                type="file"
                accept=".yaml,.yml,.json,.har"
                className="sr-only"
                onChange={(event) => readFile(event.target.files?.[0])}
              />
            </label>
            {reading && <p role="status">{t.start.reading}</p>}
            {leftOut > 0 && <p className="text-warn">{t.start.leftOut(leftOut)}</p>}
          </Panel>
        )}
        {problem !== undefined && nameError === undefined && <ProblemText problem={problem} />}
        {yaml && (
          <div className="grid grid-cols-[3fr_2fr] items-start gap-4 narrow:grid-cols-1">
            <Panel title={t.start.what}>
              <pre role="region" aria-label={t.start.what} tabIndex={0} className="code max-h-80 overflow-auto p-4">
                {yaml.slice(0, 20_000)}
              </pre>
            </Panel>
            <Panel title={t.start.answers}>
              {offered.length > 1 ? (
                <Operations offered={offered} chosen={chosen} onChange={(names) => void pick(names)} />
              ) : (
                <ul className="max-h-80 overflow-y-auto px-4 py-2">
                  {items.slice(0, 100).map((each) => (
                    <li key={`${each.line} ${each.method} ${each.path}`} className="flex items-center gap-3 py-1">
                      <Method method={each.method} className="w-14" />
                      <span className="code min-w-0 truncate">{each.path}</span>
                    </li>
                  ))}
                </ul>
              )}
            </Panel>
          </div>
        )}
        <div className="-mx-1 sticky bottom-0 flex flex-wrap justify-end gap-2 bg-bg px-1 py-3 narrow:bottom-14">
          <Button busy={busy} disabled={!slug || nothing} onClick={() => void submit(false)}>
            {t.start.create}
          </Button>
          <Button type="submit" look="primary" busy={busy} keys="mod+enter" disabled={!slug || from === 'empty' || nothing}>
            {busy ? t.start.creating : t.start.createAndPublish}
          </Button>
        </div>
      </form>
      {writable.length === 0 && (
        <Link to="/account/profile" className="text-accent-text underline">
          {t.shell.account}
        </Link>
      )}
    </Page>
  )
}

function firstPath(items: { kind: string; path: string }[]): string {
  return items.find((each) => each.kind === 'endpoint' && !/[:{*]/.test(each.path))?.path ?? '/'
}

function Choice({ chosen, title, lead, onChoose }: { chosen: boolean; title: string; lead: string; onChoose: () => void }) {
  return (
    <button
      type="button"
      aria-pressed={chosen}
      onClick={onChoose}
      className={cx(
        'flex flex-col items-start rounded-lg border bg-surface px-3 py-2 text-left hover:bg-sunken',
        chosen ? 'border-accent-text bg-accent-soft!' : 'border-line',
      )}
    >
      <span className="font-medium text-md">{title}</span>
      <span className="text-ink-3 text-sm">{lead}</span>
    </button>
  )
}
