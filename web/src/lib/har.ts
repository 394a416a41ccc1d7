import type { RecordedRequest } from '@/api/queries/requests'

/** har writes one recorded request as an HTTP Archive (1.2). */
export function har(record: RecordedRequest, version: string): string {
  const url = `http://${record.host}${record.path}${record.query ? `?${record.query}` : ''}`
  const content = (part: RecordedRequest['request'], type: string) => ({
    size: part.size,
    mimeType: part.headers.find((each) => each.name.toLowerCase() === 'content-type')?.value ?? type,
    text: part.body,
    ...(part.encoding === 'base64' ? { encoding: 'base64' } : {}),
  })
  const post = record.request.body === '' ? {} : { postData: content(record.request, 'text/plain') }
  const entry = {
    startedDateTime: record.time,
    time: record.duration_us / 1000,
    request: {
      method: record.method,
      url,
      httpVersion: 'HTTP/1.1',
      cookies: [],
      headers: record.request.headers,
      queryString: [...new URLSearchParams(record.query)].map(([name, value]) => ({ name, value })),
      headersSize: -1,
      bodySize: record.request.size,
      ...post,
    },
    response: {
      status: record.status,
      statusText: '',
      httpVersion: 'HTTP/1.1',
      cookies: [],
      headers: record.response.headers,
      content: content(record.response, 'application/octet-stream'),
      redirectURL: '',
      headersSize: -1,
      bodySize: record.response.size,
    },
    cache: {},
    timings: { send: 0, wait: record.duration_us / 1000, receive: 0 },
  }
  return JSON.stringify({ log: { version: '1.2', creator: { name: 'mocloud', version }, entries: [entry] } }, null, 2)
}
