import { expect, test } from './support/test'

test('a first mock in under a minute: made, live, called, seen', async ({ home: page, cloud }, { project }) => {
  const slug = `pets-${project.name}`
  await page.goto('/new')
  await page.getByRole('button', { name: 'REST resource' }).click()
  await page.getByLabel('Name', { exact: true }).fill(slug)
  await expect(page.getByText('free')).toBeVisible()
  await expect(page.getByText(`${slug}-dev.localhost`)).toBeVisible()
  await page.getByRole('button', { name: 'Create and publish' }).click()
  await expect(page.getByText('Waiting for the first request')).toBeVisible()
  await expect(page.getByText('Published')).toBeVisible()
  expect((await cloud.call(slug, '/pets')).status).toBe(200)
  await expect(page.getByText('It answered its first request')).toBeVisible()
  await page.getByRole('link', { name: 'Open the editor' }).click()
  await expect(page.locator('.cm-content')).toContainText('/pets/:id|int')
})

test('a name that is taken is said at once, with another one', async ({ home: page, cloud }, { project }) => {
  const slug = `taken-${project.name}`
  await cloud.mock(slug, '[]', false)
  await page.goto('/new')
  await page.getByLabel('Name', { exact: true }).fill(slug)
  await page.getByRole('button', { name: `Use ${slug}-2` }).click()
  await expect(page.getByText('free')).toBeVisible()
})

test('OpenAPI: a preview of what is made; a binary file and nonsense are refused with a reason', async ({ home: page }, { project }) => {
  await page.goto('/new?from=openapi')
  const text = page.getByLabel('Paste or drop an OpenAPI document here')
  await text.fill(
    'openapi: 3.0.3\ninfo: {title: Zoo, version: "1"}\npaths:\n  /animals/{id}:\n    get:\n      responses: {"200": {description: one}}\n',
  )
  await expect(page.getByRole('listitem').filter({ hasText: '/animals/:id' })).toBeVisible()
  await page
    .locator('input[type=file]')
    .setInputFiles({ name: 'x.json', mimeType: 'application/json', buffer: Buffer.from([0x50, 0x4b, 3, 4, 0, 0, 0]) })
  await expect(page.getByRole('alert')).toContainText('not a text file')
  await expect(page.getByRole('button', { name: 'Create only' })).toBeDisabled()
  await text.fill('openapi: 3.0.3\npaths: 7')
  await expect(page.getByRole('alert')).not.toBeEmpty()
  await text.fill(
    'openapi: 3.0.3\ninfo: {title: Zoo, version: "1"}\npaths:\n  /animals:\n    get:\n      responses: {"200": {description: one}}\n',
  )
  await page.getByLabel('Name', { exact: true }).fill(`zoo-${project.name}`)
  await page.getByRole('button', { name: 'Create only' }).click()
  await expect(page.locator('.cm-content')).toContainText('/animals')
})

test('WireMock mappings are read like OpenAPI; what is refused leaves nothing of the document before it', async ({ home: page, cloud }, {
  project,
}) => {
  const slug = `stubs-${project.name}`
  await page.goto('/new?from=openapi')
  await page
    .getByLabel('Paste or drop')
    .fill('{"mappings": [{"request": {"method": "GET", "urlPath": "/stubbed"}, "response": {"status": 200, "body": "stub"}}]}')
  await expect(page.getByRole('listitem').filter({ hasText: '/stubbed' })).toBeVisible()
  await page
    .locator('input[type=file]')
    .setInputFiles({ name: 'big.json', mimeType: 'application/json', buffer: Buffer.alloc(5 << 20, ' ') })
  await expect(page.getByRole('alert')).toContainText('larger than 4 MB')
  await expect(page.getByRole('button', { name: 'Create only' })).toBeDisabled()
  await page.locator('input[type=file]').setInputFiles({
    name: 'wiremock.json',
    mimeType: 'application/json',
    buffer: Buffer.from('{"request": {"method": "GET", "urlPath": "/single"}, "response": {"status": 418}}'),
  })
  await page.getByLabel('Name', { exact: true }).fill(slug)
  await page.getByRole('button', { name: 'Create and publish' }).click()
  await expect(page.getByText('Published')).toBeVisible()
  expect((await cloud.call(slug, '/nowhere')).status).toBe(404)
  await expect(page.getByText('no endpoint answers it')).toBeVisible()
})

test('a suggested name gives way to what is typed, whenever it came', async ({ home: page, cloud }) => {
  await cloud.mock('hello', '[]', false).catch(() => undefined) // where it is not there from the beginning
  await page.goto('/new') // the name of the starter is taken
  const name = page.getByLabel('Name', { exact: true })
  await expect(name).toHaveValue(/^hello-\d+$/)
  await page.keyboard.type('pets')
  await expect(name).toHaveValue('pets')
})
