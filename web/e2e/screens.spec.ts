import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from './support/test'

const folder = fileURLToPath(new URL('../../docs/screens/', import.meta.url))
const example = (name: string) => readFileSync(new URL(`../../examples/${name}.yml`, import.meta.url), 'utf8')

// Pictures for the documents: written when SCREENS is set, as they differ a little from machine to machine.
test('the main pages', async ({ home: page, cloud }) => {
  test.skip(!process.env.SCREENS, 'pictures are taken when they are asked for: SCREENS=1')
  test.setTimeout(120_000)
  const shop = await cloud.mock('shop', example('shop'))
  await cloud.mock('pages', example('pages'))
  await cloud.mock('chat', example('websocket'))
  await cloud.mock('slow', example('slow'), false)
  await cloud.mock('broken', example('hello').replace('path:', 'pathh:'), false)
  await cloud.api('PUT', `/mocks/${shop}`, { content: example('shop').replace('24.90', '19.90'), message: 'Cheaper teapots' })
  await cloud.api('GET', `/mocks/${shop}/publication?wait=10s`)
  for (const path of ['/products', '/products/7', '/products/7/photos', '/products/8/photos', '/search?q=tea', '/products/new', '/orders'])
    await cloud.call('shop', path)
  await cloud.call('shop', '/orders', 'POST', '{"customer": "ann", "items": [{"product": 1, "count": 2}]}')

  const shot = async (name: string, path: string, ready: string, before?: () => Promise<void>) => {
    await page.goto(path)
    await expect(page.getByText(ready).first()).toBeVisible()
    await page.evaluate(() => document.fonts.ready)
    await before?.()
    await page.screenshot({ path: `${folder}${name}.png`, animations: 'disabled' })
  }
  const first = async () => {
    await page.getByRole('listbox', { name: 'Requests' }).getByRole('option').filter({ hasText: '/photos' }).first().click()
    await expect(page.getByText('No endpoint answers it')).toBeVisible()
  }
  const answered = async () => {
    await expect(page.getByRole('form', { name: 'Try' })).toContainText('line')
  }
  await shot('editor', '/w/dev/mocks/shop', 'Calls without an endpoint', answered)
  await shot('mocks', '/w/dev/mocks', 'shop')
  await shot('requests', '/w/dev/mocks/shop/requests', '/products/7/photos', first)
  await shot('history', '/w/dev/mocks/shop/history', 'Cheaper teapots')
  await shot('new', '/new?from=rest', 'What it answers')
  await page.emulateMedia({ colorScheme: 'dark' })
  await shot('editor-dark', '/w/dev/mocks/shop', 'Calls without an endpoint', answered)
  await page.setViewportSize({ width: 375, height: 740 })
  await shot('editor-phone', '/w/dev/mocks/shop', 'products')
})
