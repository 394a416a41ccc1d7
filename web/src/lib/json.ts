/** layOut breaks JSON into lines without changing any of its words: `24.90` stays `24.90`. What is no JSON comes back as it is. */
export function layOut(text: string): string {
  try {
    JSON.parse(text)
  } catch {
    return text
  }
  const out: string[] = []
  let depth = 0
  const line = () => out.push('\n', '  '.repeat(depth))
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s[\]{},:"]+/g)) {
    const last = out.at(-1)
    if (token === '{' || token === '[') {
      out.push(token)
      depth++
      line()
    } else if (token === '}' || token === ']') {
      depth--
      if (/^\s*$/.test(last ?? '') && (out.at(-3) === '{' || out.at(-3) === '[')) out.splice(-2)
      else line()
      out.push(token)
    } else if (token === ',') {
      out.push(token)
      line()
    } else out.push(token === ':' ? ': ' : token)
  }
  return out.join('')
}
