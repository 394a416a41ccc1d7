import { useState } from 'react'
import { newKey } from '@/api/client'
import { useAddDomain } from '@/api/queries/domains'
import type { Mock } from '@/api/queries/mocks'
import { useT } from '@/i18n'
import { Button } from '@/ui/button'
import { Buttons, Dialog } from '@/ui/dialog'
import { Field, Input, Select } from '@/ui/field'
import { Form, useFieldErrors } from '@/ui/form'
import { toast } from '@/ui/toast'

/** Adds a domain to a mock: of one, or of several to choose from. */
export function AddDomain({ mocks, onClose }: { mocks: Mock[]; onClose: () => void }) {
  const t = useT()
  const [host, setHost] = useState('')
  const [mock, setMock] = useState(mocks[0]?.id ?? '')
  const [key, setKey] = useState(newKey)
  const add = useAddDomain()
  const errors = useFieldErrors(add.error, ['host'])
  const send = () =>
    add.mutate(
      { mock, host: host.trim(), key },
      {
        onSuccess: (made) => {
          toast({ text: t.domains.added(made.host) })
          onClose()
        },
        onError: () => setKey(newKey()),
      },
    )
  return (
    <Dialog open onClose={onClose} title={t.domains.add}>
      <Form onSend={send}>
        <Field label={t.domains.host} hint={t.domains.hostHint} error={errors.of('host')}>
          {(props) => (
            <Input
              {...props}
              required
              autoCapitalize="none"
              autoComplete="off"
              inputMode="url"
              spellCheck={false}
              maxLength={253}
              value={host}
              onChange={(event) => setHost(event.target.value)}
            />
          )}
        </Field>
        {mocks.length > 1 && (
          <Field label={t.domains.mock}>
            {(props) => (
              <Select {...props} value={mock} onChange={(event) => setMock(event.target.value)}>
                {mocks.map((each) => (
                  <option key={each.id} value={each.id}>
                    {each.slug}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        )}
        {errors.rest}
        <Buttons>
          <Button onClick={onClose}>{t.common.cancel}</Button>
          <Button type="submit" look="primary" busy={add.isPending}>
            {t.domains.add}
          </Button>
        </Buttons>
      </Form>
    </Dialog>
  )
}
