/** sizeOf is how many bytes a text is as UTF-8. */
export function sizeOf(text: string): number {
  return new Blob([text]).size
}
