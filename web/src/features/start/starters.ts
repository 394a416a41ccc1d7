/** What a new mock may begin with, and the first request to send to it. */
export interface Starter {
  id: 'hello' | 'rest' | 'token' | 'webhook' | 'socket' | 'faults'
  slug: string
  content: string
  try: string
}

export const starters: Starter[] = [
  {
    id: 'hello',
    slug: 'hello',
    try: '/hello/world',
    content: `- endpoint:
    method: GET
    path: /hello/:name
    response:
      status: 200
      headers:
        Content-Type: application/json
      body: |
        {
          "hello": "{{path-params.name}}!"
        }
`,
  },
  {
    id: 'rest',
    slug: 'pets',
    try: '/pets',
    content: `- endpoint:
    method: GET
    path: /pets
    response:
      headers:
        Content-Type: application/json
      body:
        items:
          - {id: 1, name: Rex, kind: dog}
          - {id: 2, name: Misu, kind: cat}
    tag: pets

- endpoint:
    method: POST
    path: /pets
    body: |
      {"name": "Rex", "kind": "dog"}
    response:
      status: 201
      headers:
        Content-Type: application/json
      body: |
        {
          "id": 3,
          "name": "{{json-params.name}}",
          "kind": "{{json-params.kind}}"
        }
    tag: pets

- endpoint:
    method: GET
    path: /pets/:id|int
    response:
      headers:
        Content-Type: application/json
      body: |
        {
          "id": {{path-params.id}},
          "name": "Pet {{path-params.id}}"
        }
    tag: pets

- endpoint:
    method: PUT
    path: /pets/:id|int
    response:
      headers:
        Content-Type: application/json
      body: |
        {
          "id": {{path-params.id}},
          "name": "{{json-params.name}}"
        }
    tag: pets

- endpoint:
    method: DELETE
    path: /pets/:id|int
    response:
      status: 204
    tag: pets
`,
  },
  {
    id: 'token',
    slug: 'auth',
    try: '/userinfo',
    content: `- endpoint:
    method: POST
    path: /oauth/token
    response:
      headers:
        Content-Type: application/json
        Cache-Control: no-store
      body: |
        {
          "access_token": "{{uuid}}",
          "token_type": "Bearer",
          "expires_in": 3600
        }

- endpoint:
    method: GET
    path: /userinfo
    response:
      headers:
        Content-Type: application/json
      body: |
        {
          "sub": "1",
          "name": "{{fake.first-name}}",
          "authorization": "{{header-params.authorization|default:none}}"
        }
`,
  },
  {
    id: 'webhook',
    slug: 'payments',
    try: '/payments/1',
    content: `- endpoint:
    method: POST
    path: /payments/:id
    response:
      status: 202
      headers:
        Content-Type: application/json
      body: |
        {
          "id": "{{path-params.id}}",
          "state": "pending"
        }
    webhook:
      url: https://example.com/hooks
      sleep-time: 2
      body: |
        {
          "id": "{{path-params.id}}",
          "state": "paid"
        }

- endpoint:
    method: GET
    path: /payments/:id
    response:
      headers:
        Content-Type: application/json
      body: |
        {
          "id": "{{path-params.id}}",
          "state": "paid"
        }
`,
  },
  {
    id: 'socket',
    slug: 'chat',
    try: '/',
    content: `- websocket:
    path: /rooms/:room
    on-connect:
      response: 'welcome to {{path-params.room}}'
    on-message:
      - pattern: ping
        response: pong
      - pattern: '.+'
        response: 'you said: {{message}}'

- endpoint:
    method: GET
    path: /
    response:
      body: Connect to /rooms/lobby with a WebSocket.
`,
  },
  {
    id: 'faults',
    slug: 'faults',
    try: '/slow',
    content: `- endpoint:
    method: GET
    path: /slow
    response:
      body: at last
    latency:
      min-ms: 500
      max-ms: 1500

- endpoint:
    method: GET
    path: /flaky
    response:
      body: ok
    latency:
      failure-rate: 0.3

- endpoint:
    method: GET
    path: /limited
    response:
      body: ok
    rate-limit:
      max-requests: 5
      window-ms: 60000
`,
  },
]
