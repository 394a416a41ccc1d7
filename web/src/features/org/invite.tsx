import { useState } from 'react'
import { newKey } from '@/api/client'
import { useInvite } from '@/api/queries/invitations'
import { atLeast, type Role } from '@/api/queries/workspaces'
import { useT } from '@/i18n'
import { useWorkspace } from '@/shell/here'
import { Button } from '@/ui/button'
import { Choices } from '@/ui/choices'
import { CopyLine } from '@/ui/copy'
import { Buttons, Dialog } from '@/ui/dialog'
import { Field, Input, Select } from '@/ui/field'
import { Form, useFieldErrors } from '@/ui/form'
import { toast } from '@/ui/toast'

const roles: Role[] = ['viewer', 'editor', 'admin', 'owner']
type How = 'link' | 'name'

/** Invites somebody: by their username, or with a link that is shown this once. */
export function Invite({ onClose }: { onClose: () => void }) {
  const t = useT()
  const workspace = useWorkspace()
  const [how, setHow] = useState<How>('link')
  const [username, setUsername] = useState('')
  const [role, setRole] = useState<Role>('editor')
  const [key, setKey] = useState(newKey)
  const invite = useInvite(workspace.slug)
  const errors = useFieldErrors(invite.error, ['username', 'role'])
  const send = () =>
    invite.mutate(
      { input: { role, ...(how === 'name' && { username: username.trim() }) }, key },
      {
        onSuccess: (made) => {
          if (made.url) return
          toast({ text: t.members.sent(username.trim()) })
          onClose()
        },
        onError: () => setKey(newKey()),
      },
    )
  if (invite.data?.url) {
    return (
      <Dialog open onClose={onClose} firm title={t.members.made} lead={t.members.madeLead}>
        <CopyLine text={invite.data.url} />
        <Buttons>
          <Button look="primary" onClick={onClose}>
            {t.members.done}
          </Button>
        </Buttons>
      </Dialog>
    )
  }
  return (
    <Dialog open onClose={onClose} title={t.members.inviteTitle(workspace.name || workspace.slug)}>
      <Form onSend={send}>
        <Choices<How>
          label={t.members.how}
          value={how}
          stacked
          choices={[
            { value: 'link', label: t.members.byLink, hint: t.members.byLinkHint },
            { value: 'name', label: t.members.byName, hint: t.members.byNameHint },
          ]}
          onChoose={setHow}
        />
        {how === 'name' && (
          <Field label={t.members.username} error={errors.of('username')}>
            {(props) => (
              <Input
                {...props}
                required
                autoCapitalize="none"
                autoComplete="off"
                spellCheck={false}
                maxLength={64}
                value={username}
                onChange={(event) => setUsername(event.target.value)}
              />
            )}
          </Field>
        )}
        <Field label={t.members.asRole} hint={t.members.may[role]} error={errors.of('role')}>
          {(props) => (
            <Select {...props} value={role} onChange={(event) => setRole(event.target.value as Role)}>
              {roles
                .filter((each) => atLeast(workspace.role, each))
                .map((each) => (
                  <option key={each} value={each}>
                    {t.common.roles[each]}
                  </option>
                ))}
            </Select>
          )}
        </Field>
        {errors.rest}
        <Buttons>
          <Button onClick={onClose}>{t.common.cancel}</Button>
          <Button type="submit" look="primary" busy={invite.isPending}>
            {how === 'link' ? t.members.make : t.members.send}
          </Button>
        </Buttons>
      </Form>
    </Dialog>
  )
}
