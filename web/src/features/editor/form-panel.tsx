import { Plus, Redo2, Undo2, X } from 'lucide-react'
import { type ComponentProps, useState } from 'react'
import { useT } from '@/i18n'
import { Button, IconButton } from '@/ui/button'
import { Field, Input, Select, Textarea } from '@/ui/field'
import { Badge, Empty } from '@/ui/parts'
import type { EditorSession } from './session'
import { type Edit, type Form, readForm, renameHeader, setField } from './yaml/form'
import type { Item } from './yaml/outline'
import { parameters } from './yaml/variables'

interface FormPanelProps {
  session: EditorSession
  items: readonly Item[]
  line: number
  /** Grows with every change of the text. */
  changes: number
  may: boolean
  onYaml: (line: number) => void
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'ANY']

/** The endpoint at the cursor as a form. It is a view of the text: every change is a small edit of it. */
export default function FormPanel({ session, items, line, may, onYaml }: FormPanelProps) {
  const t = useT()
  const item =
    items.find((each) => each.line <= line && line <= each.end && each.kind !== 'other') ?? items.find((each) => each.kind === 'endpoint')
  const found = item && session.itemText(item)
  const form = found && readForm(found.text)
  const edit = (change: Edit | undefined) => {
    if (!change || !found) return
    session.edit({ from: found.from + change.from, to: found.from + change.to, insert: change.insert })
    session.look()
  }
  return (
    <section aria-label={t.editor.form} className="min-h-0 flex-1 overflow-y-auto bg-surface">
      <div className="mx-auto flex max-w-180 flex-col gap-4 px-4 py-3">
        <div className="flex items-center gap-1">
          <h2 className="code min-w-0 flex-1 truncate font-semibold text-md">{item ? `${item.method} ${item.path}` : t.editor.form}</h2>
          <IconButton label={t.editor.undo} keys="mod+z" onClick={() => session.step('undo')}>
            <Undo2 size={16} strokeWidth={1.5} />
          </IconButton>
          <IconButton label={t.editor.redo} onClick={() => session.step('redo')}>
            <Redo2 size={16} strokeWidth={1.5} />
          </IconButton>
        </div>
        {!item || !found ? (
          <Empty title={t.editor.chooseEndpoint} />
        ) : form ? (
          <fieldset disabled={!may} className="flex min-w-0 flex-col gap-4" key={item.line}>
            <Fields form={form} text={found.text} edit={edit} onYaml={(n) => onYaml(item.line + n)} />
          </fieldset>
        ) : (
          <div className="flex flex-col gap-3">
            <p className="text-ink-2">{t.editor.noForm}</p>
            <pre className="code overflow-x-auto rounded-md border border-line bg-sunken p-3">{found.text.slice(0, 20_000)}</pre>
            <Button className="self-start" onClick={() => onYaml(item.line)}>
              {t.editor.inYaml}
            </Button>
          </div>
        )}
      </div>
    </section>
  )
}

interface FieldsProps {
  form: Form
  text: string
  edit: (change: Edit | undefined) => void
  /** Goes to a line of the endpoint, from 0. */
  onYaml: (line: number) => void
}

function Fields({ form, text, edit, onYaml }: FieldsProps) {
  const t = useT()
  const put = (path: string[]) => (value: string) => edit(setField(text, path, value === '' && path.at(-1) !== 'body' ? undefined : value))
  const params = parameters(form.path)
  return (
    <>
      <div className="grid grid-cols-[140px_1fr] gap-3 narrow:grid-cols-1">
        <Field label={t.editor.method}>
          {(props) => (
            <Select {...props} value={form.method} onChange={(event) => put(['method'])(event.target.value)}>
              {(methods.includes(form.method) ? methods : [form.method, ...methods]).map((each) => (
                <option key={each}>{each}</option>
              ))}
            </Select>
          )}
        </Field>
        <Field
          label={t.editor.path}
          hint={
            params.length > 0 && (
              <span className="flex flex-wrap gap-1">
                {params.map((each) => (
                  <Badge key={each.name}>
                    {each.name}: {each.type}
                  </Badge>
                ))}
              </span>
            )
          }
        >
          {(props) => <Typed {...props} required className="code" value={form.path} onValue={put(['path'])} />}
        </Field>
        <Field label={t.editor.tag}>{(props) => <Typed {...props} value={form.tag} onValue={put(['tag'])} />}</Field>
        <Field label={t.editor.summary}>{(props) => <Typed {...props} value={form.summary} onValue={put(['summary'])} />}</Field>
        <Field label={t.editor.status}>
          {(props) => <Typed {...props} inputMode="numeric" placeholder="200" value={form.status} onValue={put(['response', 'status'])} />}
        </Field>
      </div>
      <Headers form={form} text={text} edit={edit} />
      {form.body === undefined ? (
        <p className="text-ink-2">
          {t.editor.bodyElsewhere}{' '}
          <Button look="quiet" onClick={() => onYaml(0)}>
            {t.editor.inYaml}
          </Button>
        </p>
      ) : (
        <Field label={t.editor.body}>
          {(props) => (
            <Textarea
              {...props}
              spellCheck={false}
              className="code min-h-48"
              value={form.body}
              onChange={(event) => put(['response', 'body'])(event.target.value)}
            />
          )}
        </Field>
      )}
      {form.others.length > 0 && (
        <section aria-label={t.editor.more} className="flex flex-wrap items-center gap-2">
          <span className="text-ink-2">{t.editor.more}</span>
          {form.others.map((each) => (
            <Button key={each.key} look="quiet" title={t.editor.inYaml} onClick={() => onYaml(each.line)}>
              <code className="code">{each.key}</code>
            </Button>
          ))}
        </section>
      )}
    </>
  )
}

function Headers({ form, text, edit }: Omit<FieldsProps, 'onYaml'>) {
  const t = useT()
  const [adding, setAdding] = useState('')
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 font-medium text-ink-2">{t.editor.headers}</legend>
      {form.headers.map((each, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a header that gets another name stays where it is
        <div key={index} className="flex items-center gap-2">
          <Typed
            aria-label={t.editor.headerName}
            className="code w-2/5!"
            late
            value={each.name}
            onValue={(value) => edit(renameHeader(text, each.name, value))}
          />
          <Typed
            aria-label={`${t.editor.headerValue} ${each.name}`}
            className="code"
            value={each.value}
            onValue={(value) => edit(setField(text, ['response', 'headers', each.name], value))}
          />
          <IconButton
            label={t.editor.removeHeader(each.name)}
            onClick={() =>
              edit(setField(text, ['response', 'headers', each.name], undefined) ?? setField(text, ['response', 'headers'], undefined))
            }
          >
            <X size={16} strokeWidth={1.5} />
          </IconButton>
        </div>
      ))}
      <form
        className="flex items-center gap-2"
        onSubmit={(event) => {
          event.preventDefault()
          const name = adding.trim()
          if (!name || form.headers.some((each) => each.name.toLowerCase() === name.toLowerCase())) return
          edit(setField(text, ['response', 'headers', name], ''))
          setAdding('')
        }}
      >
        <Input
          aria-label={t.editor.addHeader}
          placeholder={t.editor.addHeader}
          spellCheck={false}
          className="code w-2/5!"
          value={adding}
          onChange={(event) => setAdding(event.target.value)}
        />
        <IconButton label={t.editor.addHeader} type="submit" disabled={!adding.trim()}>
          <Plus size={16} strokeWidth={1.5} />
        </IconButton>
      </form>
    </fieldset>
  )
}

/** A field whose value goes into the text when it is left, or with Enter; while it is typed in, what is typed stays. */
function Typed({
  value,
  onValue,
  late = false,
  ...rest
}: Omit<ComponentProps<'input'>, 'value' | 'onChange'> & {
  value: string
  onValue: (value: string) => void
  /** Only when it is left. */
  late?: boolean
}) {
  const [typed, setTyped] = useState<string | undefined>()
  const commit = () => {
    if (typed !== undefined && typed !== value) onValue(typed)
    setTyped(undefined)
  }
  return (
    <Input
      spellCheck={false}
      {...rest}
      value={typed ?? value}
      onChange={(event) => {
        setTyped(event.target.value)
        // Nothing that is typed is lost, whichever key saves: only an empty field waits until it is left.
        if (event.target.value !== '' && !late) onValue(event.target.value)
      }}
      onBlur={commit}
      onKeyDown={(event) => {
        if (event.key !== 'Enter') return
        event.preventDefault()
        commit()
      }}
    />
  )
}
