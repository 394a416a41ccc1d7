import { useSuspenseQuery } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { newKey } from '@/api/client'
import { useDeleteMock, useDuplicateMock, useMoveMock, useRestoreMock } from '@/api/queries/mocks'
import { atLeast, workspacesQuery } from '@/api/queries/workspaces'
import { SlugField } from '@/features/account'
import { useT } from '@/i18n'
import { useMay, useMock } from '@/shell/here'
import { Button } from '@/ui/button'
import { Buttons } from '@/ui/dialog'
import { Field, Select } from '@/ui/field'
import { Form, Section, useFieldErrors } from '@/ui/form'
import { failed, toast } from '@/ui/toast'

/** useWritable lists the workspaces in which the reader may write. */
function useWritable() {
  return useSuspenseQuery(workspacesQuery).data.filter((each) => atLeast(each.role, 'editor'))
}

/** Makes a copy of a mock, here or in another workspace. */
export function Duplicate() {
  const t = useT()
  const router = useRouter()
  const mock = useMock()
  const writable = useWritable()
  const here = writable.find((each) => each.slug === mock.workspace_slug) ?? writable[0]
  const [ws, setWs] = useState(here?.slug ?? '')
  const [slug, setSlug] = useState(`${mock.slug.slice(0, 35)}-copy`)
  const [key, setKey] = useState(newKey)
  const duplicate = useDuplicateMock(mock.id)
  const errors = useFieldErrors(duplicate.error, ['slug', 'workspace_slug'])
  const send = () =>
    duplicate.mutate(
      { input: { slug: slug.trim(), workspace_slug: ws }, key },
      {
        onSuccess: ({ data }) => {
          toast({ text: t.mockSettings.duplicated(data.slug) })
          void router.navigate({ to: '/w/$ws/mocks/$mock', params: { ws: data.workspace_slug, mock: data.slug } })
        },
        onError: () => setKey(newKey()),
      },
    )
  return (
    <Section title={t.mockSettings.duplicate} lead={t.mockSettings.duplicateLead}>
      <Form onSend={send}>
        <Where label={t.mockSettings.workspace} value={ws} all={writable} onChange={setWs} error={errors.of('workspace_slug')} />
        <SlugField
          label={t.mockSettings.slug}
          hint={t.mockSettings.slugHint}
          error={errors.of('slug')}
          kind="mock"
          ws={ws}
          disabled={ws === ''}
          value={slug}
          onChange={setSlug}
        />
        {errors.rest}
        <Buttons className="mt-0">
          <Button type="submit" busy={duplicate.isPending} disabled={ws === '' || slug.trim() === ''}>
            {t.mockSettings.duplicateButton(mock.slug)}
          </Button>
        </Buttons>
      </Form>
    </Section>
  )
}

/** Moves a mock to another workspace. */
export function Move() {
  const t = useT()
  const router = useRouter()
  const mock = useMock()
  const may = useMay('editor')
  const others = useWritable().filter((each) => each.slug !== mock.workspace_slug)
  const [ws, setWs] = useState(others[0]?.slug ?? '')
  const [slug, setSlug] = useState(mock.slug)
  const move = useMoveMock(mock.id)
  const errors = useFieldErrors(move.error, ['slug', 'workspace_slug'])
  const send = () =>
    move.mutate(
      { workspace_slug: ws, slug: slug.trim() },
      {
        onSuccess: ({ data }) => {
          const name = others.find((each) => each.slug === data.workspace_slug)?.name || data.workspace_slug
          toast({ text: t.mockSettings.moved(data.slug, name) })
          void router.navigate({ to: '/w/$ws/mocks/$mock', params: { ws: data.workspace_slug, mock: data.slug } })
        },
      },
    )
  return (
    <Section title={t.mockSettings.move} lead={t.mockSettings.moveLead}>
      {others.length === 0 ? (
        <p className="text-ink-3">{t.mockSettings.moveNowhere}</p>
      ) : (
        <Form onSend={send}>
          <Where
            label={t.mockSettings.moveTo}
            value={ws}
            all={others}
            onChange={setWs}
            disabled={!may}
            error={errors.of('workspace_slug')}
          />
          <SlugField
            label={t.mockSettings.moveSlug}
            hint={t.mockSettings.slugHint}
            error={errors.of('slug')}
            kind="mock"
            ws={ws}
            disabled={!may}
            value={slug}
            onChange={setSlug}
          />
          {errors.rest}
          <Buttons className="mt-0">
            <Button type="submit" busy={move.isPending} disabled={!may || slug.trim() === ''}>
              {t.mockSettings.moveButton(mock.slug)}
            </Button>
          </Buttons>
        </Form>
      )}
    </Section>
  )
}

interface WhereProps {
  label: string
  value: string
  all: { slug: string; name: string }[]
  disabled?: boolean
  error?: ReactNode
  onChange: (slug: string) => void
}

function Where({ label, value, all, disabled, error, onChange }: WhereProps) {
  return (
    <Field label={label} error={error}>
      {(props) => (
        <Select {...props} disabled={disabled} value={value} onChange={(event) => onChange(event.target.value)}>
          {all.map((each) => (
            <option key={each.slug} value={each.slug}>
              {each.name || each.slug}
            </option>
          ))}
        </Select>
      )}
    </Field>
  )
}

/** Deletes a mock, with a way back. */
export function Delete() {
  const t = useT()
  const router = useRouter()
  const { id, slug, workspace_slug: ws } = useMock()
  const may = useMay('editor')
  const remove = useDeleteMock()
  const restore = useRestoreMock()
  // The page is gone by then, and with it what mutate would call back.
  const back = () =>
    restore.mutateAsync({ id }).then(
      () => toast({ text: t.mockSettings.restored(slug) }),
      (error) => failed(error),
    )
  const act = async () => {
    try {
      // The page goes first: it has no mock to show once that is deleted.
      await router.navigate({ to: '/w/$ws/mocks', params: { ws } })
      await remove.mutateAsync({ id })
      toast({ text: t.mockSettings.deleted(slug), action: { label: t.common.undo, run: () => void back() } })
    } catch (error) {
      failed(error)
    }
  }
  return (
    <Section title={t.mockSettings.delete} lead={t.mockSettings.deleteLead} danger>
      <Button look="danger" disabled={!may} onClick={() => void act()}>
        {t.mockSettings.deleteButton(slug)}
      </Button>
    </Section>
  )
}
