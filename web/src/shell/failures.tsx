import { Link, useParams, useRouter } from '@tanstack/react-router'
import { useT } from '@/i18n'
import { Button, buttonClass } from '@/ui/button'
import { Empty } from '@/ui/parts'
import { ProblemText } from '@/ui/problem'

/** For addresses that lead nowhere. */
export function NotFound() {
  const t = useT()
  const { ws } = useParams({ strict: false })
  return (
    <Empty title={ws ? t.shell.noWorkspace(ws) : t.shell.notFound} hint={t.shell.notFoundHint}>
      <Link to="/" className={buttonClass('primary')}>
        {t.shell.toMocks}
      </Link>
    </Empty>
  )
}

/** For a page that failed; the frame around it lives. */
export function Crashed({ error }: { error: unknown }) {
  const t = useT()
  const router = useRouter()
  return (
    <Empty title={t.shell.crashed}>
      <ProblemText problem={error} className="text-left" />
      <Button look="primary" onClick={() => void router.invalidate()}>
        {t.common.retry}
      </Button>
      <Button onClick={() => location.reload()}>{t.shell.reload}</Button>
    </Empty>
  )
}
