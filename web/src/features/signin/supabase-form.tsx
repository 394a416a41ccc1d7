import { useState } from 'react'
import { signIn } from '@/api/queries/account'
import { useT } from '@/i18n'
import { Button } from '@/ui/button'
import { Field, Input } from '@/ui/field'
import { ProblemText } from '@/ui/problem'
import { type Project, start, withPassword } from './supabase'

/** Signs in at the identity provider: with a password of theirs, or through one of their providers. */
export default function SupabaseForm({ project, to, onDone }: { project: Project; to: string; onDone: (username: string) => void }) {
  const t = useT()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>()
  const attempt = async (act: () => Promise<void>) => {
    setBusy(true)
    setProblem(undefined)
    try {
      await act()
    } catch (error) {
      setProblem(error)
      setPassword('')
    } finally {
      setBusy(false)
    }
  }
  const others = project.providers.filter((each) => each !== 'email')
  return (
    <div className="flex flex-col gap-3">
      {project.providers.includes('email') && (
        <form
          className="flex flex-col gap-3"
          onSubmit={(event) => {
            event.preventDefault()
            void attempt(async () => onDone((await signIn({ token: await withPassword(project, email.trim(), password) })).username))
          }}
        >
          <Field label={t.signin.email}>
            {(props) => (
              <Input
                {...props}
                required
                type="email"
                autoComplete="username"
                value={email}
                onChange={(event) => setEmail(event.target.value)}
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
          <Button type="submit" look="primary" busy={busy}>
            {busy ? t.signin.submitting : t.signin.submit}
          </Button>
        </form>
      )}
      {others.map((each) => (
        <Button key={each} disabled={busy} onClick={() => void attempt(() => start(project, each, to))}>
          {t.signin.with(each.charAt(0).toUpperCase() + each.slice(1))}
        </Button>
      ))}
      {problem !== undefined && <ProblemText problem={problem} />}
    </div>
  )
}
