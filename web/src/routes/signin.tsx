import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useCallback, useEffect, useRef, useState } from 'react'
import { methodsQuery, signIn } from '@/api/queries/account'
import { SignInForm } from '@/features/signin/form'
import { PublicFrame } from '@/features/signin/frame'
import { useT } from '@/i18n'
import { Button } from '@/ui/button'
import { ProblemText } from '@/ui/problem'

const route = getRouteApi('/signin')

/** entered goes where the visitor wanted to go; only addresses of this site, so that no link leads elsewhere. */
function entered(to: string | undefined): void {
  const target = new URL(to ?? '/', location.origin)
  location.replace(target.origin === location.origin ? target.pathname + target.search + target.hash : '/')
}

export default function SignInPage() {
  const t = useT()
  const { to, code } = route.useSearch()
  const { data: methods } = useQuery(methodsQuery)
  if (code) return <ByLink code={code} to={to} />
  return (
    <PublicFrame title={t.signin.title}>
      <SignInForm to={to} onDone={() => entered(to)} />
      <p className="mt-4 text-ink-3 text-sm">{t.signin.linkHint}</p>
      {methods?.sign_up === 'open' && (
        <p className="mt-2 text-ink-2">
          {t.signin.newHere}{' '}
          <Link to="/signup" className="font-medium text-accent-text underline">
            {t.signin.toSignUp}
          </Link>
        </p>
      )}
    </PublicFrame>
  )
}

/**
 * A sign-in link. It is taken at once where it was opened by hand; where a page led here it takes a click: it may be a link
 * of that page's own account.
 */
function ByLink({ code, to }: { code: string; to: string | undefined }) {
  const t = useT()
  const [problem, setProblem] = useState<unknown>()
  const [busy, setBusy] = useState(false)
  const tried = useRef(false)
  const enter = useCallback(async () => {
    setBusy(true)
    try {
      await signIn({ code })
      entered(to)
    } catch (error) {
      setProblem(error)
    } finally {
      setBusy(false)
    }
  }, [code, to])
  useEffect(() => {
    if (tried.current || document.referrer) return
    tried.current = true
    void enter()
  }, [enter])
  return (
    <PublicFrame title={t.signin.linkTitle}>
      <p className="mb-3 text-ink-2">{t.signin.linkLead}</p>
      {problem !== undefined && <ProblemText problem={problem} className="mb-3" />}
      <div className="flex gap-2">
        <Button look="primary" busy={busy} onClick={() => void enter()}>
          {t.signin.submit}
        </Button>
        {problem !== undefined && (
          <Link to="/signin" search={{ to }} className="self-center text-accent-text underline">
            {t.signin.title}
          </Link>
        )}
      </div>
    </PublicFrame>
  )
}
