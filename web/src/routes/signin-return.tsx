import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { methodsQuery, signIn } from '@/api/queries/account'
import { PublicFrame } from '@/features/signin/frame'
import { started, withCode } from '@/features/signin/supabase'
import { useT } from '@/i18n'
import { ProblemText } from '@/ui/problem'

const route = getRouteApi('/signin/return')

/** The way back from a provider: its code becomes a session here. */
export default function SignInReturn() {
  const t = useT()
  const { code, error_description: refused } = route.useSearch()
  const { data: methods, error } = useQuery(methodsQuery)
  const [problem, setProblem] = useState<unknown>()
  const begun = useRef(false)
  const project = methods?.supabase
  useEffect(() => {
    if (!methods || begun.current) return
    begun.current = true
    const before = started()
    const enter = async () => {
      if (refused) throw new Error(refused)
      if (!project || !code || !before) throw new Error(t.signin.startAgain)
      await signIn({ token: await withCode(project, code, before.verifier) })
      const target = new URL(before.to, location.origin)
      location.replace(target.origin === location.origin ? target.pathname + target.search + target.hash : '/')
    }
    void enter().catch(setProblem)
  }, [methods, project, code, refused, t])
  const failed = problem ?? error
  return (
    <PublicFrame title={t.signin.title}>
      {failed ? (
        <div className="flex flex-col gap-3">
          <ProblemText problem={failed} />
          <Link to="/signin" className="self-center text-accent-text underline">
            {t.signin.title}
          </Link>
        </div>
      ) : (
        <p role="status">{t.signin.submitting}</p>
      )}
    </PublicFrame>
  )
}
