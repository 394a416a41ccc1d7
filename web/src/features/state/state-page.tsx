import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { hasCode } from '@/api/problem'
import { type MockState, mockSessionsQuery, stateQuery, useStateActs } from '@/api/queries/state'
import { useT } from '@/i18n'
import { bytes, exact } from '@/i18n/format'
import { useMay, useMock } from '@/shell/here'
import { Button } from '@/ui/button'
import { Confirm } from '@/ui/confirm'
import { Buttons, Dialog } from '@/ui/dialog'
import { Field, Input, Select, Textarea } from '@/ui/field'
import { Item, Items } from '@/ui/items'
import { Badge, Empty, Panel, Skeleton } from '@/ui/parts'
import { Failed, ProblemText } from '@/ui/problem'
import { failed } from '@/ui/toast'

type Value = MockState['values'][number]

/** What the mock of the page remembers from one request to the next, to look at, to set, and to begin anew. */
export function StatePage() {
  const t = useT()
  const mock = useMock()
  const may = useMay('editor')
  const [session, setSession] = useState('')
  const [asking, setAsking] = useState(false)
  const [editing, setEditing] = useState<Value | undefined>()
  const { data: sessions } = useQuery(mockSessionsQuery(mock.id))
  const { data: state, error, refetch } = useQuery(stateQuery(mock.id, session))
  const acts = useStateActs(mock.id, session)
  const names = (sessions?.items ?? []).map((each) => each.name).filter((each) => each !== '')
  if (error && !state)
    return hasCode(error, 'conflict') ? (
      <Empty title={t.state.offline} hint={t.state.offlineHint} />
    ) : (
      <Failed error={error} retry={() => void refetch()} />
    )
  return (
    <div className="mx-auto flex w-full max-w-[1080px] flex-col gap-4 px-6 py-4 narrow:px-4">
      <div className="flex flex-wrap items-start gap-3">
        <Field label={t.state.session} className="w-64" hint={t.state.sessionHint}>
          {(props) => (
            <Select {...props} value={session} onChange={(event) => setSession(event.target.value)}>
              <option value="">{t.state.common}</option>
              {[...new Set([...names, ...(session ? [session] : [])])].map((each) => (
                <option key={each}>{each}</option>
              ))}
            </Select>
          )}
        </Field>
        <span className="flex-1" />
        {session !== '' && (
          <Button
            className="mt-6"
            disabled={!may}
            onClick={() => acts.forget.mutate(session, { onSuccess: () => setSession(''), onError: (thrown) => failed(thrown) })}
          >
            {t.state.forget}
          </Button>
        )}
        <Button className="mt-6" disabled={!may} onClick={() => setAsking(true)}>
          {t.state.reset}
        </Button>
      </div>
      <Panel title={t.state.values}>
        {!state && <Skeleton rows={4} />}
        {state?.values.length === 0 && <Empty title={t.state.none} hint={t.state.noneHint} />}
        {state && state.values.length > 0 && (
          <Items label={t.state.values}>
            {state.values.map((each) => (
              <Item
                key={each.name}
                title={
                  <>
                    <code className="code font-semibold">{each.name}</code>
                    {each.initial && <Badge>{t.state.initial}</Badge>}
                  </>
                }
                meta={
                  <pre className="code max-h-60 min-w-0 overflow-auto whitespace-pre-wrap break-all">
                    {JSON.stringify(each.value, null, 2)?.slice(0, 20_000)}
                  </pre>
                }
                aside={
                  <Button look="quiet" disabled={!may} onClick={() => setEditing(each)}>
                    {t.state.edit}
                  </Button>
                }
              />
            ))}
          </Items>
        )}
      </Panel>
      {state && state.counters.length > 0 && (
        <Panel title={t.state.counters}>
          <Items label={t.state.counters}>
            {state.counters.map((each) => (
              <Item
                key={`${each.endpoint} ${each.entry} ${each.path}`}
                title={<code className="code">{each.endpoint}</code>}
                meta={<span>{t.state.entry(each.entry, each.path)}</span>}
                aside={<span className="num">{t.state.given(each.count, each.times)}</span>}
              />
            ))}
          </Items>
        </Panel>
      )}
      {state && <Clock state={state} disabled={!may || session === ''} session={session} acts={acts} />}
      {state && <p className="text-ink-3 text-sm">{t.state.size(bytes(state.bytes))}</p>}
      <Confirm
        open={asking}
        onClose={() => setAsking(false)}
        title={t.state.reset}
        lead={t.state.resetLead}
        action={t.state.reset}
        run={() => acts.reset.mutateAsync(undefined)}
      />
      {editing && <EditValue value={editing} onClose={() => setEditing(undefined)} acts={acts} />}
    </div>
  )
}

type Acts = ReturnType<typeof useStateActs>

function Clock({ state, session, disabled, acts }: { state: MockState; session: string; disabled: boolean; acts: Acts }) {
  const t = useT()
  const [by, setBy] = useState('1h')
  const act = (input: Parameters<Acts['clock']['mutate']>[0]) => acts.clock.mutate(input, { onError: (thrown) => failed(thrown) })
  return (
    <Panel title={t.state.clock}>
      <div className="flex flex-wrap items-center gap-3 p-4">
        <time dateTime={state.clock.now} className="num">
          {exact(state.clock.now)}
        </time>
        {state.clock.stopped && <Badge tone="warn">{t.state.stopped}</Badge>}
        <span className="flex-1" />
        {session === '' ? (
          <span className="text-ink-3">{t.state.clockHint}</span>
        ) : (
          <>
            <Button disabled={disabled} onClick={() => act({ stopped: !state.clock.stopped })}>
              {state.clock.stopped ? t.state.go : t.state.stop}
            </Button>
            <form
              className="flex gap-2"
              onSubmit={(event) => {
                event.preventDefault()
                act({ advance: by.trim() })
              }}
            >
              <Input aria-label={t.state.advance} className="w-24!" required value={by} onChange={(event) => setBy(event.target.value)} />
              <Button type="submit" disabled={disabled}>
                {t.state.advance}
              </Button>
            </form>
            {state.clock.own && (
              <Button look="quiet" disabled={disabled} onClick={() => act(undefined)}>
                {t.state.ownTime}
              </Button>
            )}
          </>
        )}
      </div>
    </Panel>
  )
}

function EditValue({ value, onClose, acts }: { value: Value; onClose: () => void; acts: Acts }) {
  const t = useT()
  const [text, setText] = useState(() => JSON.stringify(value.value, null, 2) ?? '')
  const [problem, setProblem] = useState<unknown>()
  const save = async () => {
    try {
      await acts.put.mutateAsync({ path: value.name, value: parsed(text) })
      onClose()
    } catch (error) {
      setProblem(error instanceof SyntaxError ? new Error(t.state.noJson(error.message)) : error)
    }
  }
  return (
    <Dialog open onClose={onClose} title={value.name} lead={t.state.editLead}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void save()
        }}
      >
        <Textarea
          aria-label={value.name}
          autoFocus
          spellCheck={false}
          className="code min-h-60"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        {problem !== undefined && <ProblemText problem={problem} className="mt-2" />}
        <Buttons>
          <Button onClick={onClose}>{t.common.cancel}</Button>
          <Button type="submit" look="primary" busy={acts.put.isPending}>
            {t.common.save}
          </Button>
        </Buttons>
      </form>
    </Dialog>
  )
}

const parsed = (text: string): unknown => JSON.parse(text)
