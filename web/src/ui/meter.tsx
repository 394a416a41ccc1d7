import { cx } from '@/lib/cx'

/** How much of something is used; `says` says it in words. */
export function Meter({ label, says, part }: { label: string; says: string; part: number }) {
  const filled = Math.min(1, Math.max(0, part)) * 100
  const tone = part >= 1 ? 'text-bad' : part >= 0.8 ? 'text-warn' : 'text-accent-text'
  return (
    <svg
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(filled)}
      aria-valuetext={says}
      viewBox="0 0 100 1"
      preserveAspectRatio="none"
      className={cx('mt-1 h-1.5 w-full rounded-full bg-off-soft', tone)}
    >
      <rect width={filled > 0 ? Math.max(filled, 0.5) : 0} height={1} fill="currentColor" />
    </svg>
  )
}
