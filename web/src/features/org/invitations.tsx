import { useQuery } from '@tanstack/react-query'
import { Link2, Mail } from 'lucide-react'
import { invitationsQuery, useRevokeInvitation } from '@/api/queries/invitations'
import { useT } from '@/i18n'
import { ago } from '@/i18n/format'
import { Button } from '@/ui/button'
import { Item, Items } from '@/ui/items'
import { Panel, Skeleton } from '@/ui/parts'
import { Failed } from '@/ui/problem'
import { failed, toast } from '@/ui/toast'

/** The invitations that nobody has accepted yet. */
export function Invitations({ ws }: { ws: string }) {
  const t = useT()
  const { data, error, refetch } = useQuery(invitationsQuery(ws))
  const revoke = useRevokeInvitation(ws)
  return (
    <Panel title={t.members.open}>
      {error && !data && <Failed error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton rows={1} />}
      {data?.length === 0 && <p className="px-4 py-3 text-ink-3">{t.members.openNone}</p>}
      {data && data.length > 0 && (
        <Items label={t.members.open}>
          {data.map((each) => (
            <Item
              key={each.id}
              icon={each.username ? <Mail size={16} strokeWidth={1.5} /> : <Link2 size={16} strokeWidth={1.5} />}
              title={each.username ?? t.members.link}
              meta={
                <>
                  <span>{t.members.linkFor(t.common.roles[each.role])}</span>
                  <span>{t.members.by(each.inviter)}</span>
                  <span>{t.members.until(ago(each.expires_at))}</span>
                </>
              }
              aside={
                <Button
                  look="danger"
                  aria-label={each.username ? t.members.revokeNamed(each.username) : t.members.revokeLink}
                  busy={revoke.isPending && revoke.variables === each.id}
                  onClick={() =>
                    revoke.mutate(each.id, {
                      onSuccess: () => toast({ text: t.members.revoked }),
                      onError: (error) => failed(error),
                    })
                  }
                >
                  {t.members.revoke}
                </Button>
              }
            />
          ))}
        </Items>
      )}
    </Panel>
  )
}
