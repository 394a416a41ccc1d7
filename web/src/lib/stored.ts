/** What this browser remembers. Storage may be full, or refused: then it is forgotten with the page. */
export function recall<T>(key: string, otherwise: T, valid: (value: unknown) => value is T): T {
  try {
    const text = localStorage.getItem(`mocloud.${key}`)
    if (text === null) return otherwise
    const value: unknown = JSON.parse(text)
    return valid(value) ? value : otherwise
  } catch {
    return otherwise
  }
}

export function remember(key: string, value: unknown): void {
  try {
    localStorage.setItem(`mocloud.${key}`, JSON.stringify(value))
  } catch {
    // It was only a convenience.
  }
}
