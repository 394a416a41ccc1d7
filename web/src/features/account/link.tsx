import { useSuspenseQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { newKey } from '@/api/client'
import { accountQuery } from '@/api/queries/account'
import { useSignInLink } from '@/api/queries/sessions'
import { useT } from '@/i18n'
import { clock } from '@/i18n/format'
import { Button } from '@/ui/button'
import { CopyLine } from '@/ui/copy'
import { Buttons } from '@/ui/dialog'
import { Checkbox, Field, Input } from '@/ui/field'
import { Form, Section, useFieldErrors } from '@/ui/form'

/** Makes a link that signs in once; who runs the installation makes them for others too. */
export function Link() {
  const t = useT()
  const { operator } = useSuspenseQuery(accountQuery).data.data
  const [username, setUsername] = useState('')
  const [create, setCreate] = useState(false)
  const [key, setKey] = useState(newKey)
  const make = useSignInLink()
  const errors = useFieldErrors(make.error, ['username'])
  const send = () => {
    const input = username.trim() ? { username: username.trim(), create } : {}
    make.mutate({ input, key }, { onSettled: () => setKey(newKey()) })
  }
  return (
    <Section title={t.account.link} lead={t.account.linkLead}>
      <Form onSend={send}>
        {operator && (
          <div>
            <Field label={t.account.linkFor} hint={t.account.linkForHint} error={errors.of('username')}>
              {(props) => (
                <Input
                  {...props}
                  autoComplete="off"
                  autoCapitalize="none"
                  spellCheck={false}
                  maxLength={64}
                  value={username}
                  onChange={(event) => setUsername(event.target.value)}
                />
              )}
            </Field>
            {username.trim() !== '' && (
              <Checkbox label={t.account.linkCreate} checked={create} onChange={(event) => setCreate(event.target.checked)} />
            )}
          </div>
        )}
        {errors.rest}
        {make.data && (
          <div className="flex flex-col gap-1">
            <CopyLine text={make.data.url} />
            <p className="text-ink-3 text-sm">{t.account.linkUntil(clock(make.data.expires_at))}</p>
          </div>
        )}
        <Buttons className="mt-0">
          <Button type="submit" busy={make.isPending}>
            {t.account.linkMake}
          </Button>
        </Buttons>
      </Form>
    </Section>
  )
}
