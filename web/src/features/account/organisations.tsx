import { useSuspenseQuery } from '@tanstack/react-query'
import { Link, useRouter } from '@tanstack/react-router'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { newKey } from '@/api/client'
import { useCreateWorkspace, workspacesQuery } from '@/api/queries/workspaces'
import { useT } from '@/i18n'
import { Button } from '@/ui/button'
import { Buttons, Dialog } from '@/ui/dialog'
import { Field, Input } from '@/ui/field'
import { Form, Section, useFieldErrors } from '@/ui/form'
import { Item, Items } from '@/ui/items'
import { Badge } from '@/ui/parts'
import { toast } from '@/ui/toast'
import { SlugField } from './slug-field'

/** The organisations of the account, and the way to another one. */
export function Organisations({ open, onOpen }: { open: boolean; onOpen: (open: boolean) => void }) {
  const t = useT()
  const all = useSuspenseQuery(workspacesQuery).data.filter((each) => !each.personal)
  return (
    <Section title={t.account.organisations} lead={t.account.organisationsLead}>
      {all.length === 0 ? (
        <p className="text-ink-3">{t.account.organisationsNone}</p>
      ) : (
        <Items label={t.account.organisations} className="rounded-md border border-line">
          {all.map((each) => (
            <Item
              key={each.id}
              title={
                <Link to="/w/$ws/mocks" params={{ ws: each.slug }} className="hover:underline">
                  {each.name || each.slug}
                </Link>
              }
              meta={each.slug}
              aside={<Badge>{t.common.roles[each.role]}</Badge>}
            />
          ))}
        </Items>
      )}
      <Buttons>
        <Button icon={<Plus size={16} strokeWidth={1.5} />} onClick={() => onOpen(true)}>
          {t.account.organisationNew}
        </Button>
      </Buttons>
      {open && <NewOrganisation onClose={() => onOpen(false)} />}
    </Section>
  )
}

/** slugOf makes an address of a name. */
function slugOf(name: string): string {
  return name
    .normalize('NFD')
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .replace(/^[0-9]+/, '')
    .slice(0, 39)
}

function NewOrganisation({ onClose }: { onClose: () => void }) {
  const t = useT()
  const router = useRouter()
  const [name, setName] = useState('')
  const [slug, setSlug] = useState<string>()
  const [key] = useState(newKey)
  const create = useCreateWorkspace()
  const errors = useFieldErrors(create.error, ['slug', 'name'])
  const address = slug ?? slugOf(name)
  const send = () =>
    create.mutate(
      { input: { slug: address.trim(), name: name.trim() || address.trim() }, key },
      {
        onSuccess: (made) => {
          toast({ text: t.account.organisationMade(made.name) })
          onClose()
          void router.navigate({ to: '/w/$ws/settings/members', params: { ws: made.slug } })
        },
      },
    )
  return (
    <Dialog open onClose={onClose} title={t.account.organisationNew} lead={t.account.organisationsLead}>
      <Form onSend={send}>
        <Field label={t.account.organisationName} error={errors.of('name')}>
          {(props) => <Input {...props} required maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />}
        </Field>
        <SlugField
          label={t.account.organisationSlug}
          hint={t.account.organisationSlugHint}
          error={errors.of('slug')}
          kind="workspace"
          value={address}
          onChange={setSlug}
        />
        {errors.rest}
        <Buttons>
          <Button onClick={onClose}>{t.common.cancel}</Button>
          <Button type="submit" look="primary" busy={create.isPending} disabled={address === ''}>
            {t.account.organisationMake}
          </Button>
        </Buttons>
      </Form>
    </Dialog>
  )
}
