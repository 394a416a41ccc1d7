/** slugOf makes a slug of what somebody types. */
export function slugOf(text: string): string {
  return text
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 40)
}

/** looksLikeOpenAPI tells a document from a mock's YAML. */
export function looksLikeOpenAPI(text: string): boolean {
  return (
    /^\s*["']?(openapi|swagger)["']?\s*:/m.test(text.slice(0, 20_000)) ||
    /^\s*\{[\s\S]*?"(openapi|swagger)"\s*:/.test(text.slice(0, 20_000))
  )
}

/** isBinary reports whether this is no text. */
export function isBinary(text: string): boolean {
  return text.slice(0, 10_000).includes('\u0000') || (text.slice(0, 10_000).match(/\ufffd/g)?.length ?? 0) > 10
}
