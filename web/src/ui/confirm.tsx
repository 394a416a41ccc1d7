import { type ReactNode, useState } from 'react'
import { asProblem } from '@/api/problem'
import { useT } from '@/i18n'
import { Button } from './button'
import { Buttons, Dialog } from './dialog'
import { Field, Input } from './field'
import { ProblemText } from './problem'

interface ConfirmProps {
  open: boolean
  onClose: () => void
  title: string
  lead: ReactNode
  /** The verb with its object, as in "Delete acme". */
  action: string
  /** What has to be typed: for what cannot be undone. */
  type?: string
  run: () => Promise<unknown>
}

/** Asks before something that cannot be undone. */
export function Confirm({ open, onClose, title, lead, action, type, run }: ConfirmProps) {
  const t = useT()
  const [typed, setTyped] = useState('')
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>()
  const close = () => {
    setTyped('')
    setProblem(undefined)
    onClose()
  }
  const act = async () => {
    setBusy(true)
    setProblem(undefined)
    try {
      await run()
      close()
    } catch (error) {
      setProblem(asProblem(error))
    } finally {
      setBusy(false)
    }
  }
  return (
    <Dialog open={open} onClose={close} title={title} lead={lead}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void act()
        }}
      >
        {type && (
          <Field label={t.common.typeToConfirm(type)}>
            {(props) => (
              <Input {...props} value={typed} onChange={(event) => setTyped(event.target.value)} autoComplete="off" spellCheck={false} />
            )}
          </Field>
        )}
        {problem !== undefined && <ProblemText problem={problem} />}
        <Buttons>
          <Button onClick={close}>{t.common.cancel}</Button>
          <Button type="submit" look="danger" busy={busy} disabled={type !== undefined && typed !== type}>
            {action}
          </Button>
        </Buttons>
      </form>
    </Dialog>
  )
}
