import { expect, test } from './support/test'

const shop = (origin: string) => `- mocloud:
    cors: {origins: ['${origin}'], methods: [PUT], headers: [X-Custom], expose: [X-Total], credentials: true, max-age: 60}
- endpoint:
    method: PUT
    path: /order
    response:
      headers: {X-Total: '5', X-Hidden: '6', Set-Cookie: seen=yes; Path=/; SameSite=None; Secure}
      body: 'order {{header-params.X-Custom}} {{cookies.seen}}'
`

const endpoint = (path: string, type = 'text/plain') => `- endpoint:
    method: PUT
    path: ${path}
    response: {headers: {X-Total: '7'}, body: "ok {{header-params.X-Custom}}"}
- endpoint:
    path: /page
    response: {headers: {Content-Type: ${type}}, body: "<!doctype html><title>A page</title>"}
`

test('a page of another origin calls mocks as their settings say', async ({ browser, cloud }) => {
  const hosted = async (slug: string, content: string) => {
    await cloud.mock(slug, content)
    await expect.poll(async () => (await cloud.call(slug, '/order', 'PUT')).status).not.toBe(404)
    return cloud.mockURL(slug)
  }
  const front = await hosted('front', endpoint('/order', 'text/html'))
  const strict = await hosted('strict', shop(new URL(front).origin))
  const others = await hosted('others', shop('https://elsewhere.example'))
  const open = await hosted('open', endpoint('/order'))
  const closed = await hosted('closed', `- mocloud: {cors: false}\n${endpoint('/order')}`)

  const page = await browser.newPage() // what it is refused is said on its console
  await page.goto(`${front}/page`)
  const call = (url: string, header: string, credentials: RequestCredentials) =>
    page.evaluate(
      async ([to, name, with_]) => {
        try {
          const answer = await fetch(`${to}/order`, { method: 'PUT', headers: { [name]: 'now' }, credentials: with_ })
          return [await answer.text(), answer.headers.get('X-Total'), answer.headers.get('X-Hidden')].join('|')
        } catch {
          return 'refused'
        }
      },
      [url, header, credentials] as const,
    )
  expect(await call(strict, 'X-Custom', 'include')).toBe('order now |5|')
  expect(await call(strict, 'X-Other', 'include')).toBe('refused')
  expect(await call(others, 'X-Custom', 'include')).toBe('refused')
  expect(await call(others, 'X-Custom', 'omit')).toBe('refused')
  expect(await call(open, 'X-Custom', 'omit')).toBe('ok now|7|')
  expect(await call(closed, 'X-Custom', 'omit')).toBe('refused')
  await page.close()
})
