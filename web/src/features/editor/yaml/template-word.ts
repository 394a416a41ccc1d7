/** templateWordAt finds the variable of a template, as in `path-params.id`, that a column of a line is in. */
export function templateWordAt(text: string, column: number): { name: string; from: number; to: number } | undefined {
  for (const template of text.matchAll(/\{\{(.*?)(?:\}\}|$)|\{%(.*?)(?:%\}|$)/g)) {
    for (const word of template[0].matchAll(/[A-Za-z_][\w-]*(?:\.[\w-]+)*/g)) {
      const from = template.index + word.index
      if (from <= column && column <= from + word[0].length) return { name: word[0], from, to: from + word[0].length }
    }
  }
  return undefined
}
