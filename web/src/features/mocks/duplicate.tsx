import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { newKey } from '@/api/client'
import { duplicateMock, keepMock, type Mock } from '@/api/queries/mocks'
import { slugOf } from '@/features/start/slug'
import { useT } from '@/i18n'
import { Button } from '@/ui/button'
import { Buttons, Dialog } from '@/ui/dialog'
import { Field, Input } from '@/ui/field'
import { ProblemText } from '@/ui/problem'

/** Copies a mock under another name. */
export function DuplicateDialog({ mock, onClose }: { mock: Mock; onClose: () => void }) {
  const t = useT()
  const client = useQueryClient()
  const navigate = useNavigate()
  const key = useRef(newKey())
  const [slug, setSlug] = useState(`${mock.slug}-copy`)
  const copy = useMutation({
    mutationFn: () => duplicateMock(mock.id, slug, key.current),
    onSuccess: (read) => {
      keepMock(client, read)
      onClose()
      void navigate({ to: '/w/$ws/mocks/$mock', params: { ws: read.data.workspace_slug, mock: read.data.slug } })
    },
    onError: () => {
      key.current = newKey()
    },
  })
  return (
    <Dialog open onClose={onClose} title={t.mocks.duplicateTitle(mock.slug)}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          copy.mutate()
        }}
      >
        <Field label={t.start.name} hint={t.start.nameHint}>
          {(props) => (
            <Input {...props} required autoFocus maxLength={60} value={slug} onChange={(event) => setSlug(slugOf(event.target.value))} />
          )}
        </Field>
        {copy.error && <ProblemText problem={copy.error} />}
        <Buttons>
          <Button onClick={onClose}>{t.common.cancel}</Button>
          <Button type="submit" look="primary" busy={copy.isPending} disabled={!slug}>
            {t.mocks.duplicate}
          </Button>
        </Buttons>
      </form>
    </Dialog>
  )
}
