import { lazy, Suspense, useState } from 'react'
import { useT } from '@/i18n'
import { useCell } from '@/lib/use-cell'
import { Button } from '@/ui/button'
import { toast } from '@/ui/toast'
import type { EditorSession } from './session'

const MergeDialog = lazy(() => import('./merge-dialog'))

/** Somebody else saved while this was being written: both are put together, and nobody's work dies. */
export function ConflictStrip({ session }: { session: EditorSession }) {
  const t = useT()
  const conflict = useCell(session.conflict)
  const [merging, setMerging] = useState<{ text: string; overlaps: number } | undefined>()
  if (!conflict) return null
  const revision = conflict.theirs.data.revision
  const start = async () => {
    const merged = await session.merged()
    if (!merged) return
    if (merged.overlaps > 0) return setMerging(merged)
    session.settle(merged.text)
    toast({ text: t.editor.merged(revision) })
  }
  return (
    <div role="alert" className="flex flex-wrap items-center gap-3 border-line border-b bg-warn-soft px-3 py-1.5 text-warn">
      <p className="flex-1">{t.editor.othersSaved(revision)}</p>
      <Button look="primary" onClick={() => void start()}>
        {t.editor.merge}
      </Button>
      <Suspense>
        {merging && (
          <MergeDialog
            revision={revision}
            overlaps={merging.overlaps}
            theirs={conflict.theirs.data.content ?? ''}
            mine={merging.text}
            onClose={() => setMerging(undefined)}
            onDone={(text) => {
              session.settle(text)
              setMerging(undefined)
            }}
          />
        )}
      </Suspense>
    </div>
  )
}
