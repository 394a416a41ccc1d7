/** What YAML values are completed with that no schema lists. */
export const headerNames = [
  'Cache-Control',
  'Content-Disposition',
  'Content-Language',
  'Content-Type',
  'ETag',
  'Last-Modified',
  'Link',
  'Location',
  'Retry-After',
  'Set-Cookie',
  'Vary',
  'WWW-Authenticate',
  'X-Request-Id',
]

export const contentTypes = [
  'application/json',
  'application/problem+json',
  'application/xml',
  'application/x-www-form-urlencoded',
  'text/csv',
  'text/event-stream',
  'text/html; charset=utf-8',
  'text/plain; charset=utf-8',
]

export const statuses: [number, string][] = [
  [200, 'OK'],
  [201, 'Created'],
  [202, 'Accepted'],
  [204, 'No Content'],
  [206, 'Partial Content'],
  [301, 'Moved Permanently'],
  [302, 'Found'],
  [303, 'See Other'],
  [304, 'Not Modified'],
  [307, 'Temporary Redirect'],
  [308, 'Permanent Redirect'],
  [400, 'Bad Request'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'Not Found'],
  [405, 'Method Not Allowed'],
  [409, 'Conflict'],
  [410, 'Gone'],
  [412, 'Precondition Failed'],
  [415, 'Unsupported Media Type'],
  [422, 'Unprocessable Content'],
  [429, 'Too Many Requests'],
  [500, 'Internal Server Error'],
  [502, 'Bad Gateway'],
  [503, 'Service Unavailable'],
  [504, 'Gateway Timeout'],
]

/** What templates may name everywhere; what an endpoint has besides comes from its YAML. */
export const everywhere: [name: string, detail: string][] = [
  ['request.method', 'GET'],
  ['request.path', '/pets/7'],
  ['request.host', 'pets-ann.example.dev'],
  ['request.id', 'UUID'],
  ['request.body', 'text'],
  ['request.query', 'text'],
  ['now', 'time'],
  ['uuid', 'UUID'],
  ['random', 'number'],
]
