import { language, texts } from './index'

/** Numbers, sizes and times as people write them. */
export function number(n: number): string {
  return new Intl.NumberFormat(language()).format(n)
}

/** compact: 1.2k, 3.4M. */
export function compact(n: number): string {
  return new Intl.NumberFormat(language(), { notation: 'compact', maximumFractionDigits: 1 }).format(n)
}

export function percent(part: number): string {
  return new Intl.NumberFormat(language(), { style: 'percent', maximumFractionDigits: 1 }).format(part)
}

const sizes = ['B', 'kB', 'MB', 'GB'] as const

export function bytes(n: number): string {
  let value = n
  let unit = 0
  while (value >= 1000 && unit < sizes.length - 1) {
    value /= 1000
    unit++
  }
  return `${new Intl.NumberFormat(language(), { maximumFractionDigits: unit === 0 ? 0 : 1 }).format(value)} ${sizes[unit]}`
}

/** duration of microseconds: 380 µs, 4.2 ms, 1.3 s. */
export function duration(us: number): string {
  if (us < 1000) return `${number(Math.round(us))} µs`
  const [value, unit] = us < 1_000_000 ? [us / 1000, 'ms'] : [us / 1_000_000, 's']
  return `${new Intl.NumberFormat(language(), { maximumFractionDigits: value < 10 ? 1 : 0 }).format(value)} ${unit}`
}

/** clock: 14:02, in the reader's zone. */
export function clock(time: Date | string | number): string {
  return new Intl.DateTimeFormat(language(), { hour: '2-digit', minute: '2-digit' }).format(new Date(time))
}

/** stamp: 14:02:07.318, for what comes many times a second. */
export function stamp(time: Date | string | number): string {
  const style = { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, hourCycle: 'h23' } as const
  return new Intl.DateTimeFormat(language(), style).format(new Date(time))
}

/** exact: the whole time, for tooltips. */
export function exact(time: Date | string | number): string {
  return new Intl.DateTimeFormat(language(), { dateStyle: 'medium', timeStyle: 'medium' }).format(new Date(time))
}

export function day(time: Date | string | number): string {
  return new Intl.DateTimeFormat(language(), { dateStyle: 'medium' }).format(new Date(time))
}

const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ['second', 60],
  ['minute', 60],
  ['hour', 24],
  ['day', 30],
  ['month', 12],
  ['year', Number.POSITIVE_INFINITY],
]

/** ago: 5 min ago, in 3 days. */
export function ago(time: Date | string | number, now = Date.now()): string {
  let value = (new Date(time).getTime() - now) / 1000
  if (Math.abs(value) < 1) return texts().common.justNow
  for (const [unit, length] of steps) {
    if (Math.abs(value) < length) {
      return new Intl.RelativeTimeFormat(language(), { style: 'short', numeric: 'always' }).format(Math.trunc(value), unit)
    }
    value /= length
  }
  return exact(time)
}

export function list(items: string[]): string {
  return new Intl.ListFormat(language()).format(items)
}
