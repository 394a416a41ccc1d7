/** A scale places a value between 0, the bottom, and 1, the top. */
export interface Scale {
  place: (value: number) => number
  /** What is written at the top, in the middle and at the bottom. */
  ticks: [top: number, middle: number, bottom: number]
}

export function linear(values: number[]): Scale {
  const top = niceTop(Math.max(0, ...values))
  return { place: (value) => value / top, ticks: [top, top / 2, 0] }
}

/** logarithmic is for values that are far apart: every power of ten takes the same room, and there are two at least. */
export function logarithmic(values: number[]): Scale {
  const known = values.filter((each) => each > 0)
  const low = Math.floor(Math.log10(Math.min(...(known.length > 0 ? known : [1]))))
  const high = Math.max(low + 2, Math.ceil(Math.log10(Math.max(...(known.length > 0 ? known : [1])))))
  const place = (value: number) => (value <= 0 ? 0 : Math.min(1, Math.max(0, (Math.log10(value) - low) / (high - low))))
  return { place, ticks: [10 ** high, 10 ** ((high + low) / 2), 10 ** low] }
}

/** niceTop is the top of an axis: not below `most`, and a number that people read at a glance. */
export function niceTop(most: number): number {
  if (most <= 0) return 1
  const power = 10 ** Math.floor(Math.log10(most))
  const step = [1, 2, 2.5, 5, 10].find((each) => each * power >= most) ?? 10
  return step * power
}
