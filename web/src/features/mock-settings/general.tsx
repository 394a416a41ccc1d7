import { useRouter } from '@tanstack/react-router'
import { useState } from 'react'
import { useUpdateMock } from '@/api/queries/mocks'
import { SlugField } from '@/features/account'
import { useT } from '@/i18n'
import { useMay, useMock } from '@/shell/here'
import { Button } from '@/ui/button'
import { Buttons } from '@/ui/dialog'
import { Field, Input, Textarea } from '@/ui/field'
import { Form, Section, useFieldErrors } from '@/ui/form'
import { toast } from '@/ui/toast'

/** The slug, the title and the description of a mock. */
export function General() {
  const t = useT()
  const router = useRouter()
  const mock = useMock()
  const may = useMay('editor')
  const [slug, setSlug] = useState(mock.slug)
  const [name, setName] = useState(mock.name)
  const [description, setDescription] = useState(mock.description)
  const update = useUpdateMock(mock.id)
  const errors = useFieldErrors(update.error, ['slug', 'name', 'description'])
  const input = {
    ...(slug.trim() !== mock.slug && { slug: slug.trim() }),
    ...(name.trim() !== mock.name && { name: name.trim() }),
    ...(description.trim() !== mock.description && { description: description.trim() }),
  }
  const send = () =>
    update.mutate(input, {
      onSuccess: ({ data }) => {
        toast({ text: t.mockSettings.saved(data.slug) })
        if (data.slug !== mock.slug) {
          const params = { ws: data.workspace_slug, mock: data.slug }
          void router.navigate({ to: '/w/$ws/mocks/$mock/settings', params, replace: true })
        }
      },
    })
  return (
    <Section title={t.mockSettings.general} lead={t.mockSettings.generalLead}>
      <Form onSend={send}>
        <SlugField
          label={t.mockSettings.slug}
          hint={t.mockSettings.slugHint}
          error={errors.of('slug')}
          kind="mock"
          ws={mock.workspace_slug}
          own={mock.slug}
          disabled={!may}
          value={slug}
          onChange={setSlug}
        />
        <Field label={t.mockSettings.name} error={errors.of('name')}>
          {(props) => <Input {...props} maxLength={100} disabled={!may} value={name} onChange={(event) => setName(event.target.value)} />}
        </Field>
        <Field label={t.mockSettings.description} error={errors.of('description')}>
          {(props) => (
            <Textarea
              {...props}
              maxLength={2000}
              disabled={!may}
              value={description}
              onChange={(event) => setDescription(event.target.value)}
            />
          )}
        </Field>
        {errors.rest}
        <Buttons className="mt-0">
          <Button type="submit" look="primary" busy={update.isPending} disabled={!may || Object.keys(input).length === 0}>
            {t.common.save}
          </Button>
        </Buttons>
      </Form>
    </Section>
  )
}
