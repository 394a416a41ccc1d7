import { MergeView } from '@codemirror/merge'
import { EditorState } from '@codemirror/state'
import { useEffect, useRef } from 'react'
import { useT } from '@/i18n'
import { Button } from '@/ui/button'
import { Buttons, Dialog } from '@/ui/dialog'
import { basics } from './codemirror/setup'

interface MergeDialogProps {
  revision: number
  overlaps: number
  theirs: string
  mine: string
  onClose: () => void
  onDone: (text: string) => void
}

/** Both texts beside each other, where both changed the same lines. */
export default function MergeDialog({ revision, overlaps, theirs, mine, onClose, onDone }: MergeDialogProps) {
  const t = useT()
  const view = useRef<MergeView | undefined>(undefined)
  const place = (node: HTMLDivElement | null) => {
    if (!node || view.current) return
    view.current = new MergeView({
      parent: node,
      a: { doc: theirs, extensions: [basics(t.editor.theirs), EditorState.readOnly.of(true)] },
      b: { doc: mine, extensions: [basics(t.editor.mine)] },
      revertControls: 'a-to-b',
      collapseUnchanged: { margin: 3 },
      gutter: true,
    })
  }
  useEffect(() => () => view.current?.destroy(), [])
  return (
    <Dialog open onClose={onClose} title={t.editor.mergeTitle(revision)} lead={t.editor.mergeLead(overlaps)} wide>
      <div ref={place} className="max-h-[50vh] overflow-auto rounded-md border border-line" />
      <Buttons>
        <Button onClick={onClose}>{t.common.cancel}</Button>
        <Button look="primary" onClick={() => onDone(view.current?.b.state.doc.toString() ?? mine)}>
          {t.editor.useThis}
        </Button>
      </Buttons>
    </Dialog>
  )
}
