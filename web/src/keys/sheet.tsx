import { useT } from '@/i18n'
import { useCell } from '@/lib/use-cell'
import { Dialog } from '@/ui/dialog'
import { type Action, actions, shown } from './registry'

/** Every key that acts on this page. */
export default function Sheet({ onClose }: { onClose: () => void }) {
  const t = useT()
  const all = useCell(actions).filter((each) => each.keys)
  const group = (title: string, list: Action[]) => (
    <section>
      <h3 className="mb-1 font-medium text-ink-3 text-xs">{title}</h3>
      <dl className="grid grid-cols-[1fr_auto] gap-x-4">
        {list.map((each) => (
          <div key={each.id} className="contents">
            <dt className="py-1">{each.label}</dt>
            <dd className="py-1 text-right">
              <kbd className="rounded-sm border border-line bg-sunken px-1.5 py-0.5">{shown(each.keys ?? '')}</kbd>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
  return (
    <Dialog open onClose={onClose} title={t.keys.title} wide>
      <div className="grid grid-cols-2 gap-8 narrow:grid-cols-1">
        {group(
          t.keys.here,
          all.filter((each) => each.group !== 'go'),
        )}
        {group(
          t.keys.go,
          all.filter((each) => each.group === 'go'),
        )}
      </div>
    </Dialog>
  )
}
