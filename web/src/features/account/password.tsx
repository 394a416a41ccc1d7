import { useSuspenseQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { accountQuery, useChangePassword } from '@/api/queries/account'
import { useT } from '@/i18n'
import { Button } from '@/ui/button'
import { Buttons } from '@/ui/dialog'
import { Field, Input } from '@/ui/field'
import { Form, Section, useFieldErrors } from '@/ui/form'
import { toast } from '@/ui/toast'

/** The password: the first one, or another. */
export function Password() {
  const t = useT()
  const { has_password, username } = useSuspenseQuery(accountQuery).data.data
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  const change = useChangePassword()
  const errors = useFieldErrors(change.error, ['current_password', 'new_password'])
  const send = () =>
    change.mutate(
      { new_password: next, ...(current && { current_password: current }) },
      {
        onSuccess: () => {
          setCurrent('')
          setNext('')
          toast({ text: t.account.passwordDone })
        },
      },
    )
  return (
    <Section title={t.account.password} lead={has_password ? t.account.passwordLead : t.account.passwordFirst}>
      <Form onSend={send}>
        <input type="text" autoComplete="username" value={username} readOnly hidden />
        {has_password && (
          <Field label={t.account.passwordCurrent} hint={t.account.passwordLink} error={errors.of('current_password')}>
            {(props) => (
              <Input
                {...props}
                type="password"
                autoComplete="current-password"
                maxLength={1024}
                value={current}
                onChange={(event) => setCurrent(event.target.value)}
              />
            )}
          </Field>
        )}
        <Field label={t.account.passwordNew} hint={t.account.passwordHint} error={errors.of('new_password')}>
          {(props) => (
            <Input
              {...props}
              required
              type="password"
              autoComplete="new-password"
              maxLength={1024}
              value={next}
              onChange={(event) => setNext(event.target.value)}
            />
          )}
        </Field>
        {errors.rest}
        <Buttons className="mt-0">
          <Button type="submit" look="primary" busy={change.isPending} disabled={next === ''}>
            {has_password ? t.account.passwordChange : t.account.passwordSet}
          </Button>
        </Buttons>
      </Form>
    </Section>
  )
}
