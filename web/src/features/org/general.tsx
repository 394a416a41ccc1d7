import { Link, useRouter } from '@tanstack/react-router'
import { useState } from 'react'
import { useDeleteWorkspace, useLeaveWorkspace, useUpdateWorkspace } from '@/api/queries/workspaces'
import { SlugField } from '@/features/account'
import { useT } from '@/i18n'
import { useMay, useWorkspace } from '@/shell/here'
import { Needs } from '@/shell/needs'
import { Button, buttonClass } from '@/ui/button'
import { Confirm } from '@/ui/confirm'
import { Buttons } from '@/ui/dialog'
import { Field, Input } from '@/ui/field'
import { Form, Section, useFieldErrors } from '@/ui/form'
import { toast } from '@/ui/toast'

/** The name and the address of a workspace, and the ways to be rid of it. */
export function General() {
  const t = useT()
  const router = useRouter()
  const workspace = useWorkspace()
  const { slug, personal } = workspace
  const called = workspace.name || slug
  const owner = useMay('owner')
  const [asking, setAsking] = useState<'leave' | 'delete'>()
  const leave = useLeaveWorkspace()
  const remove = useDeleteWorkspace(slug)
  const gone = (text: string) => {
    toast({ text })
    void router.navigate({ to: '/' })
  }
  return (
    <>
      <NameAndAddress key={workspace.id} />
      {!personal && (
        <Section title={t.org.leave} lead={t.org.leaveLead}>
          <Button onClick={() => setAsking('leave')}>{t.org.leaveButton(called)}</Button>
        </Section>
      )}
      {personal ? (
        <Section title={t.org.deleteOwn} lead={t.org.deletePersonal}>
          <Link to="/account/data" className={buttonClass()}>
            {t.org.toData}
          </Link>
        </Section>
      ) : (
        <Section title={t.org.delete} lead={t.org.deleteLead} danger>
          <Button look="danger" disabled={!owner} onClick={() => setAsking('delete')}>
            {t.org.deleteButton(called)}
          </Button>
          <Needs least="owner" />
        </Section>
      )}
      <Confirm
        open={asking === 'leave'}
        onClose={() => setAsking(undefined)}
        title={t.org.leaveButton(called)}
        lead={t.org.leaveLead}
        action={t.org.leaveButton(called)}
        run={async () => {
          await leave.mutateAsync(slug)
          gone(t.org.left(called))
        }}
      />
      <Confirm
        open={asking === 'delete'}
        onClose={() => setAsking(undefined)}
        title={t.org.deleteButton(called)}
        lead={t.org.deleteLead}
        action={t.org.deleteButton(called)}
        type={slug}
        run={async () => {
          await remove.mutateAsync()
          gone(t.org.deleted(called))
        }}
      />
    </>
  )
}

function NameAndAddress() {
  const t = useT()
  const router = useRouter()
  const workspace = useWorkspace()
  const admin = useMay('admin')
  const owner = useMay('owner')
  const [name, setName] = useState(workspace.name)
  const [slug, setSlug] = useState(workspace.slug)
  const update = useUpdateWorkspace(workspace.slug)
  const errors = useFieldErrors(update.error, ['name', 'slug'])
  const input = {
    ...(name.trim() !== workspace.name && { name: name.trim() }),
    ...(slug.trim() !== workspace.slug && { slug: slug.trim() }),
  }
  const send = () =>
    update.mutate(input, {
      onSuccess: (changed) => {
        toast({ text: t.org.saved(changed.name) })
        if (changed.slug !== workspace.slug) {
          void router.navigate({ to: '/w/$ws/settings/general', params: { ws: changed.slug }, replace: true })
        }
      },
    })
  return (
    <Section title={t.org.general} lead={t.org.generalLead}>
      <Form onSend={send}>
        <Field label={t.org.name} error={errors.of('name')}>
          {(props) => (
            <Input {...props} required maxLength={100} disabled={!admin} value={name} onChange={(event) => setName(event.target.value)} />
          )}
        </Field>
        <SlugField
          label={t.org.slug}
          hint={workspace.personal ? t.org.slugPersonal : owner ? t.org.slugHint : t.org.slugOwner}
          error={errors.of('slug')}
          kind="workspace"
          own={workspace.slug}
          disabled={workspace.personal || !owner}
          value={slug}
          onChange={setSlug}
        />
        {errors.rest}
        <Buttons className="mt-0">
          {workspace.personal && (
            <Link to="/account/profile" className={buttonClass()}>
              {t.org.toProfile}
            </Link>
          )}
          <Button type="submit" look="primary" busy={update.isPending} disabled={!admin || Object.keys(input).length === 0}>
            {t.common.save}
          </Button>
        </Buttons>
        <Needs least="admin" />
      </Form>
    </Section>
  )
}
