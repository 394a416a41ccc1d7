import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Download } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { fileAddress, fileUsesQuery, useFiles, type WorkspaceFile } from '@/api/queries/files'
import { useT } from '@/i18n'
import { bytes, exact, list } from '@/i18n/format'
import { useMay } from '@/shell/here'
import { Needs } from '@/shell/needs'
import { Button, buttonClass } from '@/ui/button'
import { Confirm } from '@/ui/confirm'
import { Copy, CopyLine } from '@/ui/copy'
import { Buttons, Dialog } from '@/ui/dialog'
import { Field, Input } from '@/ui/field'
import { Form, useFieldErrors } from '@/ui/form'
import { ProblemText } from '@/ui/problem'
import { toast } from '@/ui/toast'
import { undoable } from '@/ui/undoable'
import { snippet } from './snippet'

/** All that is known of a file, and what can be done with it. */
export function AboutFile({ ws, file, onClose }: { ws: string; file: WorkspaceFile; onClose: () => void }) {
  const t = useT()
  const may = useMay('editor')
  const files = useFiles(ws)
  const uses = useQuery(fileUsesQuery(ws, file.id))
  const [doing, setDoing] = useState<'rename' | 'delete'>()
  const users = uses.data?.map((each) => each.mock_slug) ?? []
  const remove = () => {
    // What mocks use takes a second look; what nobody uses goes at once, and comes back with Undo.
    if (!uses.data || users.length > 0) return setDoing('delete')
    onClose()
    undoable({ id: file.id, text: t.files.deleted(file.name), commit: () => files.remove(file.id, false) })
  }
  if (doing === 'rename') return <Rename ws={ws} file={file} onClose={onClose} />
  if (doing === 'delete') {
    return (
      <Confirm
        open
        onClose={onClose}
        title={t.files.deleteNamed(file.name)}
        lead={users.length > 0 && t.files.deleteUsed(list(users))}
        action={t.files.deleteNamed(file.name)}
        run={async () => {
          await files.remove(file.id, users.length > 0)
          toast({ text: t.files.deleted(file.name) })
        }}
      />
    )
  }
  return (
    <Dialog open onClose={onClose} title={file.name}>
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1">
        <Fact name={t.files.size}>{bytes(file.size)}</Fact>
        <Fact name={t.files.kind}>{file.media_type}</Fact>
        <Fact name={t.files.uploaded}>{exact(file.updated_at)}</Fact>
        <Fact name={t.files.digest}>
          <span className="inline-flex max-w-full items-center gap-1">
            <code className="code truncate">{file.sha256}</code>
            <Copy text={file.sha256} label={t.files.digest} />
          </span>
        </Fact>
        <Fact name={t.files.usedBy}>
          {uses.data?.length === 0 && <span className="text-ink-3">{t.files.usedByNone}</span>}
          {uses.data?.map((each) => (
            <Link
              key={each.mock_id}
              to="/w/$ws/mocks/$mock"
              params={{ ws, mock: each.mock_slug }}
              className="mr-3 font-medium text-accent-text hover:underline"
            >
              {each.mock_slug}
            </Link>
          ))}
        </Fact>
      </dl>
      {uses.error && <ProblemText problem={uses.error} className="mt-2" />}
      <h3 className="mt-4 mb-1 font-semibold">{t.files.asBody}</h3>
      <p className="mb-2 text-ink-2">{t.files.asBodyLead}</p>
      <CopyLine text={snippet(file)} />
      <Buttons>
        <Button look="danger" disabled={!may} onClick={remove}>
          {t.files.delete}
        </Button>
        <Button disabled={!may} onClick={() => setDoing('rename')}>
          {t.files.rename}
        </Button>
        <a href={fileAddress(ws, file.id)} download className={buttonClass('primary')}>
          <Download size={16} strokeWidth={1.5} aria-hidden="true" />
          {t.files.download}
        </a>
      </Buttons>
      <Needs least="editor" className="mt-2 text-right text-ink-3 text-sm" />
    </Dialog>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-ink-3">{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </>
  )
}

function Rename({ ws, file, onClose }: { ws: string; file: WorkspaceFile; onClose: () => void }) {
  const t = useT()
  const files = useFiles(ws)
  const [name, setName] = useState(file.name)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>()
  const errors = useFieldErrors(problem, ['name'])
  const send = async () => {
    setBusy(true)
    setProblem(undefined)
    try {
      const made = await files.rename(file, name.trim())
      toast({
        text: t.files.renamed(made.name),
        action: { label: t.common.undo, run: () => void files.rename(made, file.name) },
      })
      onClose()
    } catch (error) {
      setProblem(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Dialog open onClose={onClose} title={t.files.renameNamed(file.name)}>
      <Form onSend={() => void send()}>
        <Field label={t.files.name} hint={t.files.renameHint} error={errors.of('name')}>
          {(props) => (
            <Input
              {...props}
              required
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              maxLength={255}
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        {errors.rest}
        <Buttons>
          <Button onClick={onClose}>{t.common.cancel}</Button>
          <Button type="submit" look="primary" busy={busy} disabled={name.trim() === file.name}>
            {t.files.rename}
          </Button>
        </Buttons>
      </Form>
    </Dialog>
  )
}
