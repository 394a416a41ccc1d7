import { useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { asProblem, hasCode } from '@/api/problem'
import { instanceQuery } from '@/api/queries/instance'
import { keepMock, type Mock, mockQuery, usePublish, useUnpublish } from '@/api/queries/mocks'
import { readMock, revisionKeys, save } from '@/api/queries/revisions'
import { format } from '@/api/queries/tools'
import { texts, useT } from '@/i18n'
import { bytes } from '@/i18n/format'
import { sizeOf } from '@/lib/size'
import { useCell } from '@/lib/use-cell'
import { failed, toast } from '@/ui/toast'
import { editorQuery } from './open'
import type { EditorSession } from './session'

/** useSession is what is being written of a mock, opened when the page first needs it. */
export function useSession(id: string): EditorSession {
  const { data: read } = useSuspenseQuery(mockQuery(id))
  const { data: session } = useSuspenseQuery(editorQuery(id))
  // What others save is taken over, or is a conflict.
  useEffect(() => {
    if (session.heard(read) === 'taken') toast({ text: texts().editor.taken(read.data.revision) })
  }, [session, read])
  return session
}

/** useSaving is what the buttons of the editor do. */
export function useSaving(session: EditorSession, mock: Mock) {
  const t = useT()
  const client = useQueryClient()
  const publish = usePublish()
  const unpublish = useUnpublish()
  const [busy, setBusy] = useState(false)
  const dirty = useCell(session.dirty)

  /** store writes a revision; it says whether what is written is stored now. */
  const store = async (message?: string, live = true): Promise<boolean> => {
    if (busy) return false
    if (!session.dirty.get()) {
      toast({ text: t.editor.nothingToSave })
      return true
    }
    if (session.conflict.get()) return false
    const text = session.text
    setBusy(true)
    try {
      const { limits } = await client.ensureQueryData(instanceQuery)
      const size = sizeOf(text)
      if (size > limits.content_bytes) {
        await session.keep()
        toast({ text: t.editor.tooLarge(bytes(size), bytes(limits.content_bytes)), bad: true })
        return false
      }
      const read = await save({ id: mock.id, content: text, etag: session.etag, publish: live, ...(message ? { message } : {}) })
      session.saved(read, text)
      keepMock(client, read)
      void client.invalidateQueries({ queryKey: revisionKeys.all(mock.id) })
      toast({ text: read.data.state === 'publishing' ? t.editor.goingLive(read.data.revision) : t.editor.savedAs(read.data.revision) })
      return true
    } catch (error) {
      await session.keep()
      if (hasCode(error, 'lost_update')) {
        const theirs = await readMock(mock.id).catch(() => undefined)
        if (theirs) session.heard(theirs)
      } else if (hasCode(error, 'offline') || error instanceof TypeError) {
        toast({ text: t.editor.offlineSafe, bad: true, action: { label: t.common.retry, run: () => void store(message, live) } })
      } else failed(error, asProblem(error).passes ? { label: t.common.retry, run: () => void store(message, live) } : undefined)
      return false
    } finally {
      setBusy(false)
    }
  }

  const goLive = async () => {
    if (session.dirty.get() && !(await store())) return
    if (mock.published_revision === 0) publish.mutate({ id: mock.id }, { onError: (error) => failed(error) })
  }

  const goOffline = () =>
    unpublish.mutate(
      { id: mock.id },
      {
        onSuccess: () =>
          toast({ text: t.editor.wentOffline(mock.slug), action: { label: t.common.undo, run: () => publish.mutate({ id: mock.id }) } }),
        onError: (error) => failed(error),
      },
    )

  const tidy = async () => {
    const text = session.text
    try {
      const { content, changed } = await format(text)
      if (session.text !== text) return
      if (changed) session.replace(content)
      toast({ text: changed ? t.editor.formatted : t.editor.alreadyFormatted })
    } catch (error) {
      failed(error)
    }
  }

  const discard = () => {
    const text = session.text
    session.replace(session.base)
    void session.keep()
    toast({ text: t.editor.discarded, action: { label: t.common.undo, run: () => session.replace(text) } })
  }

  return { busy, dirty, store, goLive, goOffline, tidy, discard }
}
