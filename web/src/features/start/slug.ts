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

const items = /^\s*(?:-|\[|["']?(?:endpoint|websocket|crud|state|mocloud|external-body)["']?\s*:)/

/** looksLikeMock tells a mock's YAML, a list of items even if it is broken, from a document that the server makes a mock of. */
export function looksLikeMock(text: string): boolean {
  const first = text.split('\n', 1000).find((line) => line.trim() !== '' && !/^\s*(#|---\s*$|%)/.test(line))
  return first !== undefined && items.test(first.replace(/^\ufeff/, ''))
}

/** isBinary reports whether this is no text. */
export function isBinary(text: string): boolean {
  return text.slice(0, 10_000).includes('\u0000') || (text.slice(0, 10_000).match(/\ufffd/g)?.length ?? 0) > 10
}
