export interface CurlRequest {
  method: string
  url: string
  headers?: readonly { name: string; value: string }[]
  body?: string
}

/** quote makes one word of a text for a POSIX shell. */
export function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

/** curl writes a request as a command to paste. */
export function curl({ method, url, headers = [], body }: CurlRequest): string {
  const words = ['curl']
  if (method !== 'GET' && !(method === 'POST' && body)) words.push('-X', method)
  for (const { name, value } of headers) words.push('-H', quote(`${name}: ${value}`))
  if (body) words.push('--data-raw', quote(body))
  words.push(quote(url))
  return words.join(' ')
}
