import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'
import { methodsQuery, signIn } from '@/api/queries/account'
import { useT } from '@/i18n'
import { Button } from '@/ui/button'
import { Field, Input } from '@/ui/field'
import { ProblemText } from '@/ui/problem'

// Few servers have an identity provider.
const SupabaseForm = lazy(() => import('./supabase-form'))

/** Signs in in the ways that the server has; `to` is where a provider's way back leads. */
export function SignInForm({
  username: known = '',
  to = '/',
  onDone,
}: {
  username?: string
  to?: string | undefined
  onDone: (username: string) => void
}) {
  const t = useT()
  const { data: methods } = useQuery(methodsQuery)
  const [username, setUsername] = useState(known)
  const [password, setPassword] = useState('')
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>()

  const submit = async () => {
    setBusy(true)
    setProblem(undefined)
    try {
      const session = await signIn({ username: username.trim(), password })
      onDone(session.username)
    } catch (error) {
      setProblem(error)
      setPassword('')
    } finally {
      setBusy(false)
    }
  }

  if (methods?.supabase)
    return (
      <Suspense fallback={null}>
        <SupabaseForm project={methods.supabase} to={to} onDone={onDone} />
      </Suspense>
    )
  if (methods && !methods.password) return <p className="text-ink-2">{t.signin.noPassword}</p>
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      <Field label={t.signin.username}>
        {(props) => (
          <Input
            {...props}
            required
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            value={username}
            onChange={(event) => setUsername(event.target.value)}
          />
        )}
      </Field>
      <Field label={t.signin.password}>
        {(props) => (
          <Input
            {...props}
            required
            type="password"
            autoComplete="current-password"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        )}
      </Field>
      {problem !== undefined && <ProblemText problem={problem} />}
      <Button type="submit" look="primary" busy={busy}>
        {busy ? t.signin.submitting : t.signin.submit}
      </Button>
    </form>
  )
}
