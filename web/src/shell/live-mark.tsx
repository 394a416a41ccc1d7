import { useT } from '@/i18n'
import { clock } from '@/i18n/format'
import { cx } from '@/lib/cx'
import { useCell } from '@/lib/use-cell'
import { liveStatus } from '@/live/status'

/** Whether what is shown is kept up to date. */
export function LiveMark() {
  const t = useT()
  const status = useCell(liveStatus)
  const word =
    status.state === 'live'
      ? t.shell.live
      : status.state === 'connecting'
        ? t.shell.connecting
        : status.state === 'reconnecting'
          ? t.shell.reconnecting
          : t.shell.offlineSince(clock(status.since))
  const tone = status.state === 'live' ? 'bg-good' : status.state === 'offline' ? 'bg-bad' : 'bg-warn'
  return (
    <p role="status" title={word} className="flex h-8 mid:justify-center items-center gap-2 px-2 text-ink-3 text-sm">
      <span aria-hidden="true" className="grid w-4 shrink-0 place-items-center">
        <span className={cx('size-2 rounded-full', tone)} />
      </span>
      <span className={cx('mid:sr-only', status.state === 'offline' && 'text-bad')}>{word}</span>
    </p>
  )
}
