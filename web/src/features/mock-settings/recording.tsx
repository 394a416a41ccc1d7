import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Tagged } from '@/api/client'
import {
  forgetRequests,
  type Recording as Kept,
  type RecordingMode,
  recordingStateQuery,
  useUpdateRecording,
} from '@/api/queries/recording'
import { type Texts, useT } from '@/i18n'
import { useMay, useMock } from '@/shell/here'
import { Button } from '@/ui/button'
import { Choices } from '@/ui/choices'
import { Buttons } from '@/ui/dialog'
import { Field, Input, Select, Textarea } from '@/ui/field'
import { Form, Section, useFieldErrors } from '@/ui/form'
import { Skeleton } from '@/ui/parts'
import { Failed } from '@/ui/problem'
import { toast } from '@/ui/toast'
import { undoable } from '@/ui/undoable'

const modes: RecordingMode[] = ['off', 'metadata', 'redacted', 'full']
const spans = [1, 24, 72, 168, 720, 2160]

const spanText = (hours: number, t: Texts) =>
  hours % 24 === 0 && hours > 24 ? t.mockSettings.days(hours / 24) : t.mockSettings.hours(hours)

/** What is recorded of a mock, for whom that matters. */
export function Recording() {
  const t = useT()
  const { id } = useMock()
  const { data, error, refetch } = useQuery(recordingStateQuery(id))
  return (
    <Section title={t.mockSettings.recording} lead={t.mockSettings.recordingLead}>
      {error && !data && <Failed error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton rows={6} className="p-0" />}
      {data && <RecordingForm key={data.etag} read={data} />}
    </Section>
  )
}

function RecordingForm({ read: { data, etag } }: { read: Tagged<Kept> }) {
  const t = useT()
  const { id } = useMock()
  const may = useMay('editor')
  const [mode, setMode] = useState(data.mode)
  const [redact, setRedact] = useState(data.redact.join('\n'))
  const [count, setCount] = useState(String(data.keep_requests))
  const [hours, setHours] = useState(data.keep_hours)
  const update = useUpdateRecording(id)
  const errors = useFieldErrors(update.error, ['redact', 'keep_requests', 'keep_hours'])
  const names = redact
    .split('\n')
    .map((each) => each.trim())
    .filter(Boolean)
  const input = {
    ...(mode !== data.mode && { mode }),
    ...(names.join('\n') !== data.redact.join('\n') && { redact: names }),
    ...(Number(count) !== data.keep_requests && { keep_requests: Number(count) }),
    ...(hours !== data.keep_hours && { keep_hours: hours }),
  }
  return (
    <Form onSend={() => update.mutate({ input, etag }, { onSuccess: () => toast({ text: t.mockSettings.recordingSaved }) })}>
      <Choices
        label={t.mockSettings.mode}
        value={mode}
        stacked
        disabled={!may}
        choices={modes.map((value) => ({ value, label: t.mockSettings.modes[value], hint: t.mockSettings.modeHints[value] }))}
        onChoose={setMode}
      />
      {mode === 'redacted' && (
        <Field label={t.mockSettings.redact} hint={t.mockSettings.redactHint} error={errors.of('redact')}>
          {(props) => (
            <Textarea {...props} disabled={!may} spellCheck={false} value={redact} onChange={(event) => setRedact(event.target.value)} />
          )}
        </Field>
      )}
      <div className="grid grid-cols-2 gap-3 narrow:grid-cols-1">
        <Field label={t.mockSettings.keepRequests} hint={t.mockSettings.keepRequestsHint} error={errors.of('keep_requests')}>
          {(props) => (
            <Input
              {...props}
              type="number"
              required
              min={0}
              max={10_000}
              disabled={!may}
              value={count}
              onChange={(event) => setCount(event.target.value)}
            />
          )}
        </Field>
        <Field label={t.mockSettings.keepHours} error={errors.of('keep_hours')}>
          {(props) => (
            <Select {...props} disabled={!may} value={hours} onChange={(event) => setHours(Number(event.target.value))}>
              {[...new Set([...spans, data.keep_hours])]
                .sort((a, b) => a - b)
                .map((each) => (
                  <option key={each} value={each}>
                    {spanText(each, t)}
                  </option>
                ))}
            </Select>
          )}
        </Field>
      </div>
      {errors.rest}
      <p className="text-ink-3 text-sm">{t.mockSettings.recordingBefore}</p>
      <Buttons className="mt-0">
        <Button
          look="danger"
          disabled={!may}
          onClick={() => undoable({ id: `requests of ${id}`, text: t.mockSettings.forgotten, commit: () => forgetRequests(id) })}
        >
          {t.mockSettings.forget}
        </Button>
        <Button type="submit" look="primary" busy={update.isPending} disabled={!may || Object.keys(input).length === 0}>
          {t.common.save}
        </Button>
      </Buttons>
    </Form>
  )
}
