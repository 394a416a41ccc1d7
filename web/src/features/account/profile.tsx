import { useSuspenseQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { accountQuery, useUpdateAccount } from '@/api/queries/account'
import { useT } from '@/i18n'
import { day } from '@/i18n/format'
import { Button } from '@/ui/button'
import { Buttons } from '@/ui/dialog'
import { Field, Input } from '@/ui/field'
import { Form, Section, useFieldErrors } from '@/ui/form'
import { toast } from '@/ui/toast'
import { SlugField } from './slug-field'

/** The username and the e-mail address. */
export function Profile() {
  const t = useT()
  const { data, etag } = useSuspenseQuery(accountQuery).data
  const [username, setUsername] = useState(data.username)
  const [email, setEmail] = useState(data.email)
  const update = useUpdateAccount()
  const errors = useFieldErrors(update.error, ['username', 'email'])
  const input = {
    ...(username.trim() !== data.username && { username: username.trim() }),
    ...(email.trim() !== data.email && { email: email.trim() }),
  }
  const changed = Object.keys(input).length > 0
  return (
    <Section
      title={t.account.profile}
      lead={
        <>
          <p>{t.account.profileLead}</p>
          <p className="text-ink-3 text-sm">{t.account.since(day(data.created_at))}</p>
        </>
      }
    >
      <Form onSend={() => update.mutate({ input, etag }, { onSuccess: () => toast({ text: t.account.saved }) })}>
        <SlugField
          label={t.account.username}
          hint={t.account.usernameHint}
          error={errors.of('username')}
          kind="account"
          own={data.username}
          value={username}
          onChange={setUsername}
        />
        <Field label={t.account.email} hint={t.account.emailHint} error={errors.of('email')}>
          {(props) => (
            <Input
              {...props}
              type="email"
              autoComplete="email"
              maxLength={254}
              value={email}
              onChange={(event) => setEmail(event.target.value)}
            />
          )}
        </Field>
        {errors.rest}
        <Buttons className="mt-0">
          <Button type="submit" look="primary" busy={update.isPending} disabled={!changed}>
            {t.common.save}
          </Button>
        </Buttons>
      </Form>
    </Section>
  )
}
