import { useQuery } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { Mail } from 'lucide-react'
import { type Invitation, ownInvitationsQuery, useAnswerInvitation } from '@/api/queries/invitations'
import { useT } from '@/i18n'
import { ago } from '@/i18n/format'
import { Button } from '@/ui/button'
import { Item, Items } from '@/ui/items'
import { Empty, Panel, Skeleton } from '@/ui/parts'
import { Failed } from '@/ui/problem'
import { failed, toast } from '@/ui/toast'

/** Invitations to the account, to accept or to decline. */
export function OwnInvitations() {
  const t = useT()
  const router = useRouter()
  const { data, error, refetch } = useQuery(ownInvitationsQuery)
  const answer = useAnswerInvitation()
  const respond = (to: Invitation, accept: boolean) =>
    answer.mutate(
      { id: to.id, accept },
      {
        onSuccess: () => {
          toast({ text: accept ? t.invitations.joined(to.workspace_name) : t.invitations.declined(to.workspace_name) })
          if (accept) void router.navigate({ to: '/w/$ws/mocks', params: { ws: to.workspace_slug } })
        },
        onError: (error) => failed(error),
      },
    )
  return (
    <Panel title={t.pages.invitations}>
      {error && !data && <Failed error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton rows={2} />}
      {data?.length === 0 && <Empty title={t.invitations.empty} hint={t.invitations.emptyHint} />}
      {data && data.length > 0 && (
        <Items label={t.pages.invitations}>
          {data.map((each) => (
            <Item
              key={each.id}
              icon={<Mail size={16} strokeWidth={1.5} />}
              title={each.workspace_name || each.workspace_slug}
              meta={
                <>
                  <span>{t.invitations.from(each.inviter, t.common.roles[each.role])}</span>
                  <span>{t.invitations.until(ago(each.expires_at))}</span>
                </>
              }
              aside={
                <>
                  <Button look="primary" disabled={answer.isPending} onClick={() => respond(each, true)}>
                    {t.invitations.accept}
                  </Button>
                  <Button disabled={answer.isPending} onClick={() => respond(each, false)}>
                    {t.invitations.decline}
                  </Button>
                </>
              }
            />
          ))}
        </Items>
      )}
    </Panel>
  )
}
