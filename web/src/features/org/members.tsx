import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { CircleUser, UserPlus } from 'lucide-react'
import { useState } from 'react'
import { accountQuery } from '@/api/queries/account'
import { type Member, membersQuery, useChangeRole, useRemoveMember } from '@/api/queries/members'
import type { Role } from '@/api/queries/workspaces'
import { useT } from '@/i18n'
import { day } from '@/i18n/format'
import { useActions } from '@/keys/registry'
import { useMay, useWorkspace } from '@/shell/here'
import { Needs } from '@/shell/needs'
import { Button, buttonClass } from '@/ui/button'
import { Confirm } from '@/ui/confirm'
import { Select } from '@/ui/field'
import { Item, Items } from '@/ui/items'
import { Badge, Empty, Panel, Skeleton } from '@/ui/parts'
import { Failed } from '@/ui/problem'
import { failed, toast } from '@/ui/toast'
import { Invitations } from './invitations'
import { Invite } from './invite'

const roles: Role[] = ['owner', 'admin', 'editor', 'viewer']

/** Who is in a workspace, with which role; and who is invited. */
export function Members() {
  const t = useT()
  const { slug, personal } = useWorkspace()
  const admin = useMay('admin')
  const [inviting, setInviting] = useState(false)
  useActions(admin && !personal ? [{ id: 'member.invite', label: t.members.invite, keys: 'n', run: () => setInviting(true) }] : [])
  if (personal) {
    return (
      <Panel title={t.members.title}>
        <Empty title={t.members.personal} hint={t.members.personalHint}>
          <Link to="/account/profile" hash="organisations" className={buttonClass('primary')}>
            {t.account.organisationNew}
          </Link>
        </Empty>
      </Panel>
    )
  }
  return (
    <>
      <Panel
        title={t.members.title}
        actions={
          <Button
            look="primary"
            icon={<UserPlus size={16} strokeWidth={1.5} />}
            keys="n"
            disabled={!admin}
            onClick={() => setInviting(true)}
          >
            {t.members.invite}
          </Button>
        }
      >
        <Needs least="admin" className="border-line border-b px-4 py-2 text-ink-2" />
        <MemberList ws={slug} />
      </Panel>
      {admin && <Invitations ws={slug} />}
      {inviting && <Invite onClose={() => setInviting(false)} />}
    </>
  )
}

function MemberList({ ws }: { ws: string }) {
  const t = useT()
  const own = useSuspenseQuery(accountQuery).data.data.id
  const admin = useMay('admin')
  const owner = useMay('owner')
  const { data, error, refetch } = useQuery(membersQuery(ws))
  const change = useChangeRole(ws)
  const remove = useRemoveMember(ws)
  const [removing, setRemoving] = useState<Member>()
  if (error && !data) return <Failed error={error} retry={() => void refetch()} />
  if (!data) return <Skeleton rows={3} />
  const changeRole = ({ username, role: before }: Member, role: Role) =>
    change.mutate(
      { username, role },
      {
        onSuccess: () =>
          toast({
            text: t.members.changed(username, t.common.roles[role]),
            action: {
              label: t.common.undo,
              run: () => void change.mutateAsync({ username, role: before }).catch(failed),
            },
          }),
        onError: (error) => failed(error),
      },
    )
  return (
    <>
      <Items label={t.members.title}>
        {data.map((each) => {
          // Only an owner makes an owner, or another thing of one.
          const may = admin && (owner || each.role !== 'owner')
          return (
            <Item
              key={each.account_id}
              icon={<CircleUser size={16} strokeWidth={1.5} />}
              title={
                <>
                  <span>{each.username}</span>
                  {each.account_id === own && <Badge tone="accent">{t.members.you}</Badge>}
                </>
              }
              meta={t.members.since(day(each.joined_at))}
              aside={
                may ? (
                  <>
                    <Select
                      aria-label={t.members.role(each.username)}
                      className="w-auto!"
                      value={each.role}
                      onChange={(event) => changeRole(each, event.target.value as Role)}
                    >
                      {roles.map((role) => (
                        <option key={role} value={role} disabled={role === 'owner' && !owner}>
                          {t.common.roles[role]}
                        </option>
                      ))}
                    </Select>
                    <Button look="danger" aria-label={t.members.removeNamed(each.username)} onClick={() => setRemoving(each)}>
                      {t.members.remove}
                    </Button>
                  </>
                ) : (
                  <Badge>{t.common.roles[each.role]}</Badge>
                )
              }
            />
          )
        })}
      </Items>
      {removing && (
        <Confirm
          open
          onClose={() => setRemoving(undefined)}
          title={t.members.removeNamed(removing.username)}
          lead={t.members.removeLead(removing.username)}
          action={t.members.removeNamed(removing.username)}
          run={async () => {
            await remove.mutateAsync(removing.username)
            toast({ text: t.members.removed(removing.username) })
          }}
        />
      )}
    </>
  )
}
