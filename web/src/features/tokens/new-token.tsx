import { useState } from 'react'
import { newKey } from '@/api/client'
import { type Holder, useCreateToken } from '@/api/queries/tokens'
import { useT } from '@/i18n'
import { Button } from '@/ui/button'
import { Choices } from '@/ui/choices'
import { CopyLine } from '@/ui/copy'
import { Buttons, Dialog } from '@/ui/dialog'
import { Field, Input, Select } from '@/ui/field'
import { Form, useFieldErrors } from '@/ui/form'
import { type Level, type Noun, nounsFor, type Preset, presets, scopesOf } from './scopes'

const expiries = [30, 90, 365, 0] as const
const levels: Level[] = ['none', 'read', 'write']
const dayMs = 86_400_000

/** Makes a token, and shows its secret: this once, from memory. */
export function NewToken({ holder, onClose }: { holder: Holder; onClose: () => void }) {
  const t = useT()
  const workspace = holder !== undefined
  const [name, setName] = useState('')
  const [preset, setPreset] = useState<Preset>('push')
  const [own, setOwn] = useState<Partial<Record<Noun, Level>>>({ mocks: 'write' })
  const [days, setDays] = useState<number>(90)
  const [key] = useState(newKey)
  const create = useCreateToken(holder)
  const errors = useFieldErrors(create.error, ['name'])
  const scopes = scopesOf(preset, own, workspace)
  const send = () =>
    create.mutate({
      input: { name: name.trim(), scopes, ...(days > 0 && { expires_at: new Date(Date.now() + days * dayMs).toISOString() }) },
      key,
    })

  if (create.data) {
    return (
      <Dialog open onClose={onClose} firm title={t.tokens.made} lead={t.tokens.madeLead}>
        <CopyLine text={create.data.secret} />
        <p className="mt-3 mb-1 font-medium text-ink-2">{t.tokens.use}</p>
        <CopyLine text={`export MOCLOUD_URL=${location.origin} MOCLOUD_TOKEN=${create.data.secret}`} />
        <Buttons>
          <Button look="primary" onClick={onClose}>
            {t.tokens.done}
          </Button>
        </Buttons>
      </Dialog>
    )
  }
  return (
    <Dialog open onClose={onClose} title={t.tokens.new}>
      <Form onSend={send}>
        <Field label={t.tokens.name} hint={t.tokens.nameHint} error={errors.of('name')}>
          {(props) => <Input {...props} required maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />}
        </Field>
        <div>
          <p className="mb-1 font-medium text-ink-2">{t.tokens.may}</p>
          <Choices
            label={t.tokens.may}
            value={preset}
            choices={presets.map((value) => ({ value, label: t.tokens.presets[value] }))}
            onChoose={setPreset}
          />
          {preset === 'own' && (
            <div className="mt-2 grid grid-cols-[1fr_auto] items-center gap-x-3 gap-y-1.5 rounded-md border border-line p-3">
              {nounsFor(workspace).map((noun) => (
                <div key={noun} className="contents">
                  <span>{t.tokens.nouns[noun]}</span>
                  <Select
                    aria-label={t.tokens.nouns[noun]}
                    value={own[noun] ?? 'none'}
                    onChange={(event) => setOwn({ ...own, [noun]: event.target.value as Level })}
                  >
                    {levels.map((level) => (
                      <option key={level} value={level}>
                        {t.tokens.level[level]}
                      </option>
                    ))}
                  </Select>
                </div>
              ))}
              {scopes.length === 0 && <p className="text-bad text-sm">{t.tokens.chooseOne}</p>}
            </div>
          )}
        </div>
        <Field label={t.tokens.expires}>
          {(props) => (
            <Select {...props} value={days} onChange={(event) => setDays(Number(event.target.value))}>
              {expiries.map((value) => (
                <option key={value} value={value}>
                  {t.tokens.expiry[value]}
                </option>
              ))}
            </Select>
          )}
        </Field>
        {errors.rest}
        <Buttons>
          <Button onClick={onClose}>{t.common.cancel}</Button>
          <Button type="submit" look="primary" busy={create.isPending} disabled={scopes.length === 0}>
            {t.tokens.make}
          </Button>
        </Buttons>
      </Form>
    </Dialog>
  )
}
