/** distance is how many letters have to change (Levenshtein), 99 at most. */
export function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 98) return 99
  let row = Array.from({ length: b.length + 1 }, (_, n) => n)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min((next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1))
    }
    row = next
  }
  return Math.min(99, row[b.length] ?? 99)
}

/** nearest lists the names that somebody may have meant, three at most. */
export function nearest(name: string, names: string[]): string[] {
  return names
    .map((each) => ({ each, score: each.includes(name) || name.includes(each) ? 0 : distance(name, each) }))
    .filter(({ score }) => score <= Math.max(2, name.length / 3))
    .sort((a, b) => a.score - b.score)
    .slice(0, 3)
    .map(({ each }) => each)
}
