import { type Mock, useDeleteMock, usePublish, useRestoreMock, useUnpublish } from '@/api/queries/mocks'
import { useT } from '@/i18n'
import { failed, toast } from '@/ui/toast'

/** useActs is what can be done to mocks, one or several, each with a way back. */
export function useActs() {
  const t = useT()
  const publish = usePublish()
  const unpublish = useUnpublish()
  const remove = useDeleteMock()
  const restore = useRestoreMock()

  const each = async (mocks: Mock[], run: (mock: Mock) => Promise<unknown>): Promise<Mock[]> => {
    const done: Mock[] = []
    for (const mock of mocks) {
      try {
        await run(mock)
        done.push(mock)
      } catch (error) {
        failed(error)
      }
    }
    return done
  }
  const undo = (run: () => void) => ({ label: t.common.undo, run })

  return {
    publish: async (mocks: Mock[]) => {
      const done = await each(mocks, ({ id }) => publish.mutateAsync({ id }))
      if (done.length > 0) toast({ text: t.mocks.published(done.length, done[0]?.slug ?? '') })
    },
    offline: async (mocks: Mock[]) => {
      const done = await each(mocks, ({ id }) => unpublish.mutateAsync({ id }))
      if (done.length > 0) {
        toast({
          text: t.mocks.wentOffline(done.length, done[0]?.slug ?? ''),
          action: undo(() => void each(done, ({ id }) => publish.mutateAsync({ id }))),
        })
      }
    },
    remove: async (mocks: Mock[]) => {
      const done = await each(mocks, ({ id }) => remove.mutateAsync({ id }))
      if (done.length > 0) {
        toast({
          text: t.mocks.deleted(done.length, done[0]?.slug ?? ''),
          action: undo(() => void each(done, ({ id }) => restore.mutateAsync({ id }))),
        })
      }
    },
    restore: async (mock: Mock) => {
      const done = await each([mock], ({ id }) => restore.mutateAsync({ id }))
      if (done.length > 0) toast({ text: t.mocks.restored(mock.slug) })
    },
  }
}
