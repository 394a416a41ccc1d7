import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { methodsQuery } from '@/api/queries/account'
import { PublicFrame } from '@/features/signin/frame'
import { SignUpForm } from '@/features/signin/signup-form'
import { useT } from '@/i18n'

export default function SignUpPage() {
  const t = useT()
  const { data: methods } = useQuery(methodsQuery)
  return (
    <PublicFrame title={t.signin.signUp}>
      {methods?.sign_up === 'open' && <SignUpForm onDone={() => location.replace('/')} />}
      {methods?.sign_up === 'invite' && <p className="text-ink-2">{t.signin.signUpInvite}</p>}
      {methods?.sign_up === 'closed' && <p className="text-ink-2">{t.signin.signUpClosed}</p>}
      <p className="mt-4 text-ink-2">
        {t.signin.haveAccount}{' '}
        <Link to="/signin" className="font-medium text-accent-text underline">
          {t.signin.title}
        </Link>
      </p>
    </PublicFrame>
  )
}
