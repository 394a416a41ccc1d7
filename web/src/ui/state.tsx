import type { State } from '@/api/queries/mocks'
import { useT } from '@/i18n'
import { cx } from '@/lib/cx'

type Face = 'published' | 'publishing' | 'offline' | 'invalid'

/** face is how a state is shown. */
export function face(state: State): Face {
  return state === 'published' || state === 'publishing' || state === 'offline' ? state : 'invalid'
}

const looks: Record<Face, { mark: string; tone: string }> = {
  published: { mark: '●', tone: 'text-good' },
  publishing: { mark: '◐', tone: 'text-info' },
  offline: { mark: '○', tone: 'text-off' },
  invalid: { mark: '▲', tone: 'text-bad' },
}

/** A mock's state: a shape, a word and a colour. */
export function StateMark({ state, short }: { state: State; short?: boolean }) {
  const t = useT()
  const { mark, tone } = looks[face(state)]
  const word = t.common.state[face(state)]
  return (
    <span className={cx('inline-flex items-center gap-1.5 whitespace-nowrap', tone)} title={short ? word : undefined}>
      <span aria-hidden="true" className="inline-block w-3 text-center">
        {mark}
      </span>
      <span className={short ? 'sr-only' : 'font-medium'}>{word}</span>
    </span>
  )
}
