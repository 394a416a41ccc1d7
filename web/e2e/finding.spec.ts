import { expect, test } from './support/test'

const shop = `- endpoint:
    path: /orders
    response: {body: "one"}
- endpoint:
    path: /orders/:id
    response: {body: "{{path-params.id}}"}
- crud:
    path: /people
`

test('⌘K finds endpoints of every mock and files, and goes to their line', async ({ home: page, cloud }, { project }) => {
  const slug = `found-${project.name}`
  await cloud.mock(slug, shop.replaceAll('/orders', `/orders-${project.name}`), false)
  await page.goto('/w/dev/mocks')
  await expect(page.getByText(slug).first()).toBeVisible() // the keys act from then on
  await page.keyboard.press('Control+k')
  await page.getByRole('dialog').getByRole('combobox').fill(`/orders-${project.name}/:id`)
  await page.getByRole('option', { name: `GET /orders-${project.name}/:id` }).click()
  await expect(page).toHaveURL(new RegExp(`${slug}\\?line=4`))
  await expect(page.locator('.cm-content')).toContainText('/people')
})

test('an imported document: some of its operations, and an address that cannot be reached', async ({ home: page }, { project }) => {
  await page.goto('/new?from=openapi')
  await page.getByLabel('Address of a document').fill('http://mocloud.invalid/openapi.yaml')
  await page.getByRole('button', { name: 'Read', exact: true }).click()
  await expect(page.getByRole('alert')).toContainText('could not be fetched')
  await page
    .getByLabel('Paste or drop')
    .fill(
      'openapi: 3.0.3\ninfo: {title: Zoo, version: "1"}\npaths:\n  /animals:\n    get: {responses: {"200": {description: all}}}\n    post: {responses: {"201": {description: one}}}\n',
    )
  await page.getByRole('checkbox', { name: 'POST /animals' }).uncheck()
  await expect(page.getByText('1 of 2 chosen')).toBeVisible()
  await expect(page.getByRole('region', { name: 'What you get' })).not.toContainText('POST')
  await page.getByLabel('Name', { exact: true }).fill(`part-${project.name}`)
  await page.getByRole('button', { name: 'Create only' }).click()
  await expect(page.locator('.cm-content')).toContainText('/animals')
  await expect(page.locator('.cm-content')).not.toContainText('POST')
})

test('a long document is shown in part, and made whole', async ({ home: page }, { project }) => {
  await page.goto('/new?from=openapi')
  const paths = Array.from(
    { length: 1500 },
    (_, n) => `  /p${n}:\n    get: {responses: {"200": {description: "page ${'x'.repeat(40)}"}}}\n`,
  )
  const document = `openapi: 3.0.3\ninfo: {title: Long, version: "1"}\npaths:\n${paths.join('')}`
  await page.locator('input[type=file]').setInputFiles({ name: 'long.yaml', mimeType: 'application/yaml', buffer: Buffer.from(document) })
  await expect(page.getByText('1500 of 1500 chosen')).toBeVisible()
  await expect(page.getByText('too long to be edited here')).toBeVisible()
  await expect(page.getByLabel('Paste or drop')).not.toBeEditable()
  await page.getByRole('button', { name: 'Clear' }).click()
  await expect(page.getByLabel('Paste or drop')).toBeEditable()
  await page.getByLabel('Name', { exact: true }).fill(`long-${project.name}`)
  await expect(page.getByRole('button', { name: 'Create only' })).toBeDisabled()
})

test('one endpoint comes back as it was, and the rest stays', async ({ home: page, cloud }, { project }) => {
  const slug = `back-${project.name}`
  const id = await cloud.mock(slug, shop, false)
  await cloud.api('PUT', `/mocks/${id}`, { content: shop.replace('"one"', '"two"').replace('"{{path-params.id}}"', '"gone"') })
  await page.goto(`/w/dev/mocks/${slug}/history?to=1`)
  await page.getByRole('button', { name: 'Restore one endpoint' }).click()
  await page.getByRole('menuitem', { name: 'GET /orders changed since' }).click()
  await expect(page.getByText('GET /orders is as it was in r1, as r3.')).toBeVisible()
  const { content } = await cloud.api<{ content: string }>('GET', `/mocks/${id}`)
  expect(content).toBe(shop.replace('"{{path-params.id}}"', '"gone"'))
})

test('calls count beside their endpoints; a resource is one of them', async ({ home: page, cloud }, { project }) => {
  const slug = `counted-${project.name}`
  await cloud.mock(slug, shop)
  for (const path of ['/orders', '/orders', '/people', '/nothing/here', '/nothing/here']) await cloud.call(slug, path)
  await page.goto(`/w/dev/mocks/${slug}`)
  if (project.name === 'phone') await page.getByRole('button', { name: 'Endpoints' }).click()
  const outline = page.getByRole('list', { name: 'Endpoints' })
  await expect(outline.getByRole('button', { name: 'GET /orders 2' })).toBeVisible()
  await expect(outline.getByRole('button', { name: 'CRUD /people 1' })).toBeVisible()
  await expect(outline.getByRole('button', { name: /GET \/nothing\/here/ })).toContainText('2')
})
