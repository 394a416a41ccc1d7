import { usePublish, useUnpublish } from '@/api/queries/mocks'
import { useT } from '@/i18n'
import { useMay, useMock } from '@/shell/here'
import { Button } from '@/ui/button'
import { Section } from '@/ui/form'
import { StateMark } from '@/ui/state'
import { failed, toast } from '@/ui/toast'

/** Whether a mock answers. */
export function Availability() {
  const t = useT()
  const { id, slug, state, reason, published_revision } = useMock()
  const may = useMay('editor')
  const publish = usePublish()
  const unpublish = useUnpublish()
  const goLive = () =>
    void publish.mutateAsync({ id }).then(
      () => toast({ text: t.mockSettings.published(slug) }),
      (error) => failed(error),
    )
  const goOffline = () =>
    unpublish.mutate(
      { id },
      {
        onSuccess: () => toast({ text: t.mockSettings.unpublished(slug), action: { label: t.common.undo, run: goLive } }),
        onError: (error) => failed(error),
      },
    )
  return (
    <Section title={t.mockSettings.availability} lead={t.mockSettings.availabilityLead}>
      <div className="flex flex-wrap items-center gap-3">
        <StateMark state={state} />
        {published_revision > 0 ? (
          <Button disabled={!may} busy={unpublish.isPending} onClick={goOffline}>
            {t.mockSettings.unpublish}
          </Button>
        ) : (
          <Button look="primary" disabled={!may} busy={publish.isPending} onClick={goLive}>
            {t.mockSettings.publish}
          </Button>
        )}
      </div>
      {reason && state !== 'published' && (
        <p lang="en" className="mt-2 text-ink-2">
          {reason}
        </p>
      )}
    </Section>
  )
}
