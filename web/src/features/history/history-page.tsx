import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { Pin, PinOff, Undo2 } from 'lucide-react'
import { useState } from 'react'
import { keepMock } from '@/api/queries/mocks'
import {
  diffQuery,
  type Revision,
  readMock,
  revisionKeys,
  revisionQuery,
  revisionsQuery,
  save,
  useMark,
  useRollback,
} from '@/api/queries/revisions'
import { useT } from '@/i18n'
import { useActions } from '@/keys/registry'
import { cx } from '@/lib/cx'
import { useNarrow } from '@/lib/use-size'
import { useMay, useMock } from '@/shell/here'
import { Button } from '@/ui/button'
import { Buttons, Dialog } from '@/ui/dialog'
import { Field, Input } from '@/ui/field'
import { Menu } from '@/ui/menu'
import { Badge, Skeleton, Time } from '@/ui/parts'
import { Failed } from '@/ui/problem'
import { failed, toast } from '@/ui/toast'
import { DiffView } from './diff-view'
import { restored, type Wanted } from './restore'

const route = getRouteApi('/app/w/$ws/mocks/$mock/history')

/** What the mock was, and the way back to it. */
export function HistoryPage() {
  const t = useT()
  const mock = useMock()
  const may = useMay('editor')
  const narrow = useNarrow()
  const { from, to } = route.useSearch()
  const navigate = useNavigate({ from: '/w/$ws/mocks/$mock/history' })
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(revisionsQuery(mock.id))
  const mark = useMark(mock.id)
  const rollback = useRollback(mock.id)
  const [pinning, setPinning] = useState<Revision | undefined>()
  const [reason, setReason] = useState('')

  const revisions = data?.pages.flatMap((page) => page.items) ?? []
  const newest = revisions[0]?.revision ?? mock.revision
  const chosen = to ?? (narrow ? undefined : newest)
  const index = revisions.findIndex((each) => each.revision === chosen)
  const base = from ?? revisions[index + 1]?.revision
  const show = (revision: number | undefined, other?: number) => void navigate({ search: { to: revision, from: other }, replace: true })
  const move = (step: number) => {
    const next = revisions[Math.min(Math.max(0, index + step), revisions.length - 1)]
    if (next) show(next.revision)
  }
  const back = (revision: number) => {
    const before = mock.revision
    rollback.mutate(
      { revision },
      {
        onSuccess: (read) => {
          show(undefined)
          toast({
            text: t.history.rolledBack(revision, read.data.revision),
            action: { label: t.common.undo, run: () => rollback.mutate({ revision: before }, { onError: (thrown) => failed(thrown) }) },
          })
        },
        onError: (thrown) => failed(thrown),
      },
    )
  }
  // What of the chosen revision is not as it was.
  const older = chosen !== undefined && chosen !== mock.revision ? chosen : undefined
  const { data: since } = useQuery({ ...diffQuery(mock.id, older ?? 1, mock.revision), enabled: older !== undefined })
  const lost = older === undefined ? [] : (since?.endpoints ?? []).filter((each) => each.change !== 'added')
  const client = useQueryClient()
  const restore = async (revision: number, wanted: Wanted) => {
    const name = `${wanted.method || 'WS'} ${wanted.path}`
    try {
      const [now, then] = await Promise.all([readMock(mock.id), client.ensureQueryData(revisionQuery(mock.id, revision))])
      const text = restored(now.data.content ?? '', then.content ?? '', wanted)
      if (text === undefined) {
        toast({ text: t.history.cannotRestore(name), bad: true })
        return
      }
      const read = await save({ id: mock.id, content: text, etag: now.etag, message: t.history.restoredMessage(name, revision) })
      keepMock(client, read)
      void client.invalidateQueries({ queryKey: revisionKeys.all(mock.id) })
      show(undefined)
      const before = now.data.revision
      toast({
        text: t.history.restored(name, revision, read.data.revision),
        action: {
          label: t.common.undo,
          run: () => void rollback.mutateAsync({ revision: before }).catch((thrown: unknown) => failed(thrown)),
        },
      })
    } catch (thrown) {
      failed(thrown)
    }
  }
  const pin = (revision: Revision, label?: string) =>
    mark.mutate(
      { revision: revision.revision, pinned: !revision.pinned, ...(label ? { label } : {}) },
      { onError: (thrown) => failed(thrown) },
    )
  useActions([
    { id: 'history.next', label: t.keys.next, keys: 'j', run: () => move(1) },
    { id: 'history.previous', label: t.keys.previous, keys: 'k', run: () => move(-1) },
  ])

  if (error) return <Failed error={error} retry={() => void refetch()} />
  if (!data) return <Skeleton rows={10} />
  const list = (
    <div className="flex min-h-0 flex-col overflow-y-auto">
      <ul aria-label={t.history.title}>
        {revisions.map((each) => (
          <li key={each.revision} className={cx('border-line border-b', each.revision === chosen && 'bg-accent-soft')}>
            <button
              type="button"
              aria-current={each.revision === chosen || undefined}
              onClick={() => show(each.revision)}
              className="flex min-h-12 w-full flex-col gap-0.5 px-4 py-2 text-left"
            >
              <span className="flex w-full items-center gap-2">
                <span className="num font-semibold">r{each.revision}</span>
                {each.revision === mock.published_revision && <Badge tone="good">{t.history.published}</Badge>}
                {each.pinned && (
                  <Badge tone="accent">
                    <Pin size={11} strokeWidth={2} aria-label={t.history.pinned} /> {each.label}
                  </Badge>
                )}
                {each.errors > 0 && <Badge tone="bad">{t.history.errors(each.errors)}</Badge>}
                {each.warnings > 0 && <Badge tone="warn">{t.history.warnings(each.warnings)}</Badge>}
                <span className="flex-1" />
                <Time time={each.created_at} className="num text-ink-3 text-sm" />
              </span>
              <span className="flex w-full gap-2 text-ink-2">
                <span className="min-w-0 flex-1 truncate">{each.message || <span className="text-ink-3">{t.history.noMessage}</span>}</span>
                <span className="text-ink-3">{each.author || t.history.somebody}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
      {hasNextPage && (
        <Button look="quiet" className="m-3" busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {t.history.older}
        </Button>
      )}
    </div>
  )
  const revision = revisions[index]
  const detail = revision && (
    <section aria-label={`r${revision.revision}`} className="flex min-w-0 flex-1 flex-col overflow-y-auto">
      <header className="flex flex-wrap items-center gap-2 border-line border-b px-4 py-2">
        {narrow && (
          <Button look="quiet" onClick={() => show(undefined)}>
            {t.common.back}
          </Button>
        )}
        <h2 className="num flex-1 font-semibold text-md">{base ? t.history.compare(base, revision.revision) : `r${revision.revision}`}</h2>
        {mock.published_revision > 0 && mock.published_revision !== revision.revision && (
          <Button
            look="quiet"
            onClick={() => show(revision.revision, from === mock.published_revision ? undefined : mock.published_revision)}
          >
            {from === mock.published_revision ? t.history.withBefore : t.history.withPublished}
          </Button>
        )}
        <Button
          icon={revision.pinned ? <PinOff size={16} strokeWidth={1.5} /> : <Pin size={16} strokeWidth={1.5} />}
          disabled={!may}
          onClick={() => (revision.pinned ? pin(revision) : setPinning(revision))}
        >
          {revision.pinned ? t.history.unpin : t.history.pin}
        </Button>
        {lost.length > 0 && (
          <Menu
            label={t.history.restoreOne}
            entries={lost.slice(0, 100).map((each) => ({
              label: `${each.method || 'WS'} ${each.path}`,
              hint: each.change === 'removed' ? t.history.removedSince : t.history.changedSince,
              run: () => void restore(revision.revision, { method: each.method ?? '', path: each.path }),
            }))}
          >
            <Button disabled={!may}>{t.history.restoreOne}</Button>
          </Menu>
        )}
        {revision.revision !== mock.revision && (
          <Button
            look="primary"
            icon={<Undo2 size={16} strokeWidth={1.5} />}
            disabled={!may}
            busy={rollback.isPending}
            title={t.history.restoreHint}
            onClick={() => back(revision.revision)}
          >
            {t.history.rollBack(revision.revision)}
          </Button>
        )}
      </header>
      {base ? <DiffView mock={mock.id} from={base} to={revision.revision} /> : <p className="p-4 text-ink-2">{t.history.first}</p>}
    </section>
  )
  return (
    <div className="flex min-h-0 flex-1 bg-surface">
      {narrow ? (
        (detail ?? <div className="w-full">{list}</div>)
      ) : (
        <>
          <div className="flex w-90 shrink-0 border-line border-r [&>div]:w-full">{list}</div>
          {detail}
        </>
      )}
      <Dialog open={pinning !== undefined} onClose={() => setPinning(undefined)} title={t.history.pin}>
        <form
          onSubmit={(event) => {
            event.preventDefault()
            if (pinning) pin(pinning, reason.trim())
            setPinning(undefined)
            setReason('')
          }}
        >
          <Field label={t.history.pinLabel} hint={t.common.optional}>
            {(props) => <Input {...props} autoFocus maxLength={100} value={reason} onChange={(event) => setReason(event.target.value)} />}
          </Field>
          <Buttons>
            <Button onClick={() => setPinning(undefined)}>{t.common.cancel}</Button>
            <Button type="submit" look="primary">
              {t.history.pin}
            </Button>
          </Buttons>
        </form>
      </Dialog>
    </div>
  )
}
