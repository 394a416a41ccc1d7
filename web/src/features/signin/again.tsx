import { useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { accountQuery } from '@/api/queries/account'
import { ended, session } from '@/api/session'
import { useT } from '@/i18n'
import { useCell } from '@/lib/use-cell'
import { Dialog } from '@/ui/dialog'
import { toast } from '@/ui/toast'
import { SignInForm } from './form'

/** The dialog over the page when the session has ended. Afterwards everything is where it was. */
export function SignInAgain() {
  const t = useT()
  const client = useQueryClient()
  const { data } = useSuspenseQuery(accountQuery)
  const open = useCell(ended)
  const done = (username: string) => {
    if (username === data.data.username) {
      session.began()
      void client.invalidateQueries({ refetchType: 'active' })
      return
    }
    toast({ text: t.signin.otherAccount })
    location.assign('/')
  }
  return (
    <Dialog open={open} onClose={() => undefined} firm title={t.signin.again} lead={t.signin.againLead}>
      <SignInForm username={data.data.username} to={location.pathname + location.search} onDone={done} />
      <p className="mt-3 text-ink-3 text-sm">{t.signin.linkHint}</p>
    </Dialog>
  )
}
