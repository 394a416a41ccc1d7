import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { useState } from 'react'
import { hasCode } from '@/api/problem'
import { accountQuery, methodsQuery } from '@/api/queries/account'
import { claimInvitation, type Invitation, invitationKeys, previewInvitation, useAnswerInvitation } from '@/api/queries/invitations'
import { SignInForm } from '@/features/signin/form'
import { PublicFrame } from '@/features/signin/frame'
import { SignUpForm } from '@/features/signin/signup-form'
import { useT } from '@/i18n'
import { ago } from '@/i18n/format'
import { Button } from '@/ui/button'
import { Buttons } from '@/ui/dialog'
import { ProblemText } from '@/ui/problem'

/** What an invitation link is for, and the way in: with the account that is signed in, another, or a new one. */
export function InvitationByLink({ secret }: { secret: string }) {
  const t = useT()
  const { data, error } = useQuery({
    queryKey: ['invitations', 'preview', secret],
    queryFn: () => previewInvitation(secret),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })
  const account = useQuery({ ...accountQuery, retry: false })
  if (secret === '') {
    return (
      <PublicFrame title={t.pages.invitation}>
        <p className="font-medium">{t.invitations.noSecret}</p>
        <p className="mt-1 text-ink-2">{t.invitations.noSecretHint}</p>
      </PublicFrame>
    )
  }
  if (error) {
    return (
      <PublicFrame title={t.pages.invitation}>
        <ProblemText problem={error} />
        <p className="mt-3 text-ink-2">{t.invitations.invalidHint}</p>
      </PublicFrame>
    )
  }
  if (!data || account.isPending) {
    return (
      <PublicFrame title={t.pages.invitation}>
        <p className="text-ink-2">{t.invitations.reading}</p>
      </PublicFrame>
    )
  }
  return (
    <PublicFrame title={t.invitations.title(data.workspace_name || data.workspace_slug)}>
      <p>{t.invitations.from(data.inviter, t.common.roles[data.role])}.</p>
      <p className="mb-4 text-ink-3 text-sm">{t.invitations.until(ago(data.expires_at))}</p>
      {account.data ? (
        <Answer secret={secret} invitation={data} username={account.data.data.username} />
      ) : account.error && !hasCode(account.error, 'unauthorized') ? (
        <ProblemText problem={account.error} />
      ) : (
        <ComeIn secret={secret} onDone={() => void account.refetch()} />
      )}
    </PublicFrame>
  )
}

/** Signs in or makes an account; where sign-up takes an invitation, this one is it. */
function ComeIn({ secret, onDone }: { secret: string; onDone: () => void }) {
  const t = useT()
  const { data: methods } = useQuery(methodsQuery)
  const mayMake = methods !== undefined && methods.sign_up !== 'closed'
  const [making, setMaking] = useState(false)
  return (
    <div className="border-line border-t pt-4">
      <h2 className="mb-3 font-semibold text-md">{making ? t.invitations.makeAccount : t.invitations.signInFirst}</h2>
      {making ? <SignUpForm invitation={secret} onDone={onDone} /> : <SignInForm onDone={onDone} />}
      {mayMake && (
        <Button look="quiet" className="-ml-3 mt-3 text-accent-text" onClick={() => setMaking(!making)}>
          {making ? t.invitations.haveAccount : t.invitations.noAccount}
        </Button>
      )}
    </div>
  )
}

function Answer({ secret, invitation, username }: { secret: string; invitation: Invitation; username: string }) {
  const t = useT()
  const router = useRouter()
  const client = useQueryClient()
  const answer = useAnswerInvitation()
  const [problem, setProblem] = useState<unknown>()
  const [busy, setBusy] = useState(false)
  const respond = async (accept: boolean) => {
    setBusy(true)
    setProblem(undefined)
    try {
      // It is the account's own already if the account was made with it.
      const id = invitation.username === username ? invitation.id : (await claimed(secret, invitation)).id
      await answer.mutateAsync({ id, accept })
      if (accept) await router.navigate({ to: '/w/$ws/mocks', params: { ws: invitation.workspace_slug }, replace: true })
      else await router.navigate({ to: '/', replace: true })
    } catch (error) {
      setProblem(error)
    } finally {
      setBusy(false)
      void client.invalidateQueries({ queryKey: invitationKeys.own })
    }
  }
  return (
    <>
      <p className="mb-3 text-ink-2">{t.invitations.as(username)}</p>
      {problem !== undefined && <ProblemText problem={problem} />}
      <Buttons>
        <Button disabled={busy} onClick={() => void respond(false)}>
          {t.invitations.decline}
        </Button>
        <Button look="primary" busy={busy} onClick={() => void respond(true)}>
          {t.invitations.accept}
        </Button>
      </Buttons>
    </>
  )
}

/** A secret works once: who made an account with it, or tried before, has the invitation already. */
async function claimed(secret: string, invitation: Invitation): Promise<Invitation> {
  try {
    return await claimInvitation(secret)
  } catch (error) {
    if (hasCode(error, 'not_found') || hasCode(error, 'conflict')) return invitation
    throw error
  }
}
