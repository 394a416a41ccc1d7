/** plural gives the words for a number: the number as it is written, and one form or the other. */
export function plural(lang: string, n: number, one: string, other: string): string {
  const written = new Intl.NumberFormat(lang).format(n)
  return `${written} ${new Intl.PluralRules(lang).select(n) === 'one' ? one : other}`
}
