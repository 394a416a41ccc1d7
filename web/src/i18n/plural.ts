/** milliseconds as people read them: with a decimal only where it says something. */
export function milliseconds(ms: number): string {
  return `${ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms)} ms`
}

/** plural gives the words for a number: the number as it is written, and one form or the other. */
export function plural(lang: string, n: number, one: string, other: string): string {
  const written = new Intl.NumberFormat(lang).format(n)
  return `${written} ${new Intl.PluralRules(lang).select(n) === 'one' ? one : other}`
}
