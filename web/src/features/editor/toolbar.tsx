import { CloudUpload, PanelBottom, PanelLeft, PanelRight, Save, WandSparkles } from 'lucide-react'
import { useState } from 'react'
import type { Mock } from '@/api/queries/mocks'
import { useT } from '@/i18n'
import { useActions } from '@/keys/registry'
import { useCell } from '@/lib/use-cell'
import { Button, IconButton } from '@/ui/button'
import { Buttons, Dialog } from '@/ui/dialog'
import { Field, Input } from '@/ui/field'
import { Menu } from '@/ui/menu'
import { Badge } from '@/ui/parts'
import { Segments } from '@/ui/segments'
import type { EditorSession } from './session'
import type { useSaving } from './use-editor'

interface ToolbarProps {
  session: EditorSession
  mock: Mock
  may: boolean
  saving: ReturnType<typeof useSaving>
  narrow: boolean
  view: 'yaml' | 'form'
  onView: (view: 'yaml' | 'form') => void
  panels: { outline: boolean; side: boolean; drawer: boolean }
  onPanel: (panel: 'outline' | 'side' | 'drawer') => void
  onCheck: () => void
}

/** Saving and publishing, and what is there to be saved. */
export function Toolbar({ session, mock, may, saving, narrow, view, onView, panels, onPanel, onCheck }: ToolbarProps) {
  const t = useT()
  const diagnostics = useCell(session.diagnostics)
  const conflict = useCell(session.conflict)
  const [asking, setAsking] = useState(false)
  const [message, setMessage] = useState('')
  const errors = diagnostics.filter((each) => each.severity === 'error').length
  const { dirty, busy } = saving
  const online = mock.published_revision > 0
  const blocked = !may || conflict !== undefined
  const word = errors > 0 ? t.editor.saveDraft : online ? t.editor.saveLive : t.editor.save

  useActions([
    { id: 'editor.save', label: word, keys: 'mod+s', run: () => may && void saving.store() },
    { id: 'editor.message', label: t.editor.saveWithMessage, keys: 'mod+shift+s', run: () => may && setAsking(true) },
    {
      id: 'editor.live',
      label: online ? t.editor.saveLive : t.editor.publish,
      keys: 'mod+enter',
      run: () => may && errors === 0 && void saving.goLive(),
    },
    { id: 'editor.format', label: t.editor.format, keys: 'alt+shift+f', run: () => void saving.tidy() },
    { id: 'editor.check', label: t.editor.check, run: () => online && errors === 0 && onCheck() },
    { id: 'editor.offline', label: t.editor.unpublish, run: () => may && online && saving.goOffline() },
  ])

  return (
    <div className="flex flex-wrap items-center gap-2 border-line border-b bg-surface px-3 py-1.5">
      {!narrow && (
        <IconButton label={t.editor.toggleOutline} keys="mod+b" aria-pressed={panels.outline} onClick={() => onPanel('outline')}>
          <PanelLeft size={16} strokeWidth={1.5} />
        </IconButton>
      )}
      {!narrow && (
        <Segments
          label={t.editor.view}
          value={view}
          onChange={onView}
          segments={[
            { value: 'yaml', label: t.editor.yaml },
            { value: 'form', label: t.editor.form },
          ]}
        />
      )}
      <p role="status" className="flex items-center gap-2 text-ink-2">
        {dirty ? <Badge tone="warn">{t.editor.unsaved}</Badge> : <span className="num text-ink-3">r{mock.revision}</span>}
        {mock.state === 'offline_invalid' && online && (
          <span className="text-ink-3 text-sm">{t.editor.stillAnswers(mock.published_revision)}</span>
        )}
        {errors > 0 && !online && <span className="mid:hidden text-bad text-sm">{t.editor.cannotPublish(errors)}</span>}
      </p>
      <span className="flex-1" />
      {!narrow && (
        <IconButton label={t.editor.format} keys="alt+shift+f" onClick={() => void saving.tidy()}>
          <WandSparkles size={16} strokeWidth={1.5} />
        </IconButton>
      )}
      {!online && (
        <Button
          icon={<Save size={16} strokeWidth={1.5} />}
          disabled={blocked || !dirty}
          busy={busy}
          onClick={() => void saving.store()}
          keys="mod+s"
        >
          {word}
        </Button>
      )}
      {online ? (
        <Button
          look="primary"
          icon={<CloudUpload size={16} strokeWidth={1.5} />}
          disabled={blocked || !dirty}
          busy={busy}
          onClick={() => void saving.store()}
          keys="mod+s"
        >
          {busy ? t.editor.saving : word}
        </Button>
      ) : (
        <Button
          look="primary"
          icon={<CloudUpload size={16} strokeWidth={1.5} />}
          disabled={blocked || errors > 0}
          busy={busy}
          onClick={() => void saving.goLive()}
          keys="mod+enter"
        >
          {t.editor.publish}
        </Button>
      )}
      <Menu
        label={t.common.more}
        entries={[
          narrow && { label: t.editor.format, run: () => void saving.tidy() },
          { label: t.editor.saveWithMessage, keys: 'mod+shift+s', disabled: blocked || !dirty, run: () => setAsking(true) },
          online && { label: t.editor.saveQuiet, disabled: blocked || !dirty, run: () => void saving.store(undefined, false) },
          online && { label: t.editor.check, disabled: errors > 0 || !dirty, run: onCheck },
          dirty && { label: t.editor.discard, run: saving.discard },
          null,
          { label: t.editor.unpublish, disabled: blocked || !online, run: saving.goOffline },
        ]}
      />
      {!narrow && (
        <>
          <IconButton label={t.editor.toggleDrawer} keys="mod+j" aria-pressed={panels.drawer} onClick={() => onPanel('drawer')}>
            <PanelBottom size={16} strokeWidth={1.5} />
          </IconButton>
          <IconButton label={t.editor.toggleTry} keys="mod+\\" aria-pressed={panels.side} onClick={() => onPanel('side')}>
            <PanelRight size={16} strokeWidth={1.5} />
          </IconButton>
        </>
      )}
      <Dialog open={asking} onClose={() => setAsking(false)} title={word}>
        <form
          onSubmit={(event) => {
            event.preventDefault()
            setAsking(false)
            void saving.store(message.trim())
            setMessage('')
          }}
        >
          <Field label={t.editor.message} hint={t.editor.messageHint}>
            {(props) => <Input {...props} maxLength={500} value={message} onChange={(event) => setMessage(event.target.value)} />}
          </Field>
          <Buttons>
            <Button onClick={() => setAsking(false)}>{t.common.cancel}</Button>
            <Button type="submit" look="primary">
              {word}
            </Button>
          </Buttons>
        </form>
      </Dialog>
    </div>
  )
}
