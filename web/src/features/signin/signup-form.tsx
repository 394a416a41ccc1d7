import { useState } from 'react'
import { asProblem } from '@/api/problem'
import { signUp } from '@/api/queries/account'
import { useT } from '@/i18n'
import { Button } from '@/ui/button'
import { Field, Input } from '@/ui/field'
import { ProblemText, sentence } from '@/ui/problem'

/** Makes an account, with the secret of an invitation where one is needed. */
export function SignUpForm({ invitation, onDone }: { invitation?: string; onDone: (username: string) => void }) {
  const t = useT()
  const [username, setUsername] = useState('')
  const [password, setPassword] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const field = error === undefined ? undefined : asProblem(error).field
  const of = (name: string) => (field === name ? <span lang="en">{sentence(error, t).text}</span> : undefined)

  const submit = async () => {
    setBusy(true)
    setError(undefined)
    try {
      const session = await signUp({ username: username.trim(), password, ...(invitation ? { invitation } : {}) })
      onDone(session.username)
    } catch (thrown) {
      setError(thrown)
    } finally {
      setBusy(false)
    }
  }
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      <Field label={t.signin.newUsername} hint={t.signin.newUsernameHint} error={of('username')}>
        {(props) => (
          <Input
            {...props}
            required
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            maxLength={39}
            value={username}
            onChange={(event) => setUsername(event.target.value)}
          />
        )}
      </Field>
      <Field label={t.signin.newPassword} hint={t.signin.newPasswordHint} error={of('password')}>
        {(props) => (
          <Input
            {...props}
            required
            type="password"
            autoComplete="new-password"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        )}
      </Field>
      {error !== undefined && field !== 'username' && field !== 'password' && <ProblemText problem={error} />}
      <Button type="submit" look="primary" busy={busy}>
        {t.signin.signUp}
      </Button>
    </form>
  )
}
