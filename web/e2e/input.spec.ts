import { expect, hello, test, write } from './support/test'

// Bad input: a message where it happened, and nothing that was written is lost.

test('a name that is too long, odd or in use', async ({ home: page, cloud }) => {
  await cloud.mock('in-use', hello(), false)
  await page.goto('/new')
  const name = page.getByLabel('Name', { exact: true })
  await name.fill('Ça va? / 🙂 '.repeat(20))
  await expect(name).toHaveValue(/^[a-z0-9-]{1,40}$/) // what it becomes is shown while it is written
  await name.fill('in-use')
  await expect(page.getByRole('button', { name: /^Use in-use/ })).toBeVisible()
  await page.getByRole('button', { name: 'Create only' }).click()
  await expect(name).toHaveAttribute('aria-invalid', 'true')
  await expect(name).toHaveValue('in-use')
})

test('YAML that is none: named with its line, kept as a draft revision, and the mock goes on answering', async ({ home: page, cloud }) => {
  await cloud.mock('yaml', hello())
  await page.goto('/w/dev/mocks/yaml')
  await expect(page.locator('.cm-content')).toContainText('/greet')
  await write(page, '- endpoint: [\n  {{{ %\n')
  await expect(page.getByRole('region', { name: 'Problems' }).getByRole('listitem').first()).toContainText(/^\d+:\d+/)
  await page.getByRole('button', { name: 'Save draft revision' }).click()
  await expect(page.getByText('Saved as r2')).toBeVisible()
  expect((await cloud.call('yaml', '/greet/a')).status).toBe(200)
  await page.reload()
  await expect(page.locator('.cm-content')).toContainText('{{{ %')
})

test('5 MB where a document goes, and where a mock is written', async ({ home: page, cloud }) => {
  const large = `${'# a line that says nothing at all, again and again\n'.repeat(100_000)}openapi: 3.0.3\n`
  await page.goto('/new?from=openapi')
  await page.locator('input[type=file]').setInputFiles({ name: 'large.yaml', mimeType: 'application/yaml', buffer: Buffer.from(large) })
  await expect(page.getByRole('alert')).not.toBeEmpty()
  await cloud.mock('paste', hello())
  await page.goto('/w/dev/mocks/paste')
  await expect(page.locator('.cm-content')).toContainText('/greet')
  await write(page, large)
  await page.getByRole('button', { name: /^Save/ }).click()
  await expect(page.getByText(/^Not saved: the mock has 5.1 MB, and the limit is 1 MB/).first()).toBeVisible()
  await page.locator('.cm-content').click()
  await page.keyboard.press('ControlOrMeta+z')
  await expect(page.locator('.cm-content')).toContainText('/greet')
})

test('forms of an account and a workspace keep what was written', async ({ home: page }) => {
  await page.goto('/account/profile')
  const password = page.getByLabel('New password')
  await password.fill('short')
  await page.getByRole('button', { name: 'Set the password' }).click()
  await expect(password).toHaveAttribute('aria-invalid', 'true')
  await expect(password).toHaveValue('short')
  const mail = page.getByLabel('E-mail')
  await mail.fill('nobody')
  await page.getByRole('button', { name: 'Save' }).first().click()
  expect(await mail.evaluate((each: HTMLInputElement) => each.validity.valid)).toBe(false) // the browser says it beside the field
  await expect(mail).toHaveValue('nobody')

  await page.goto('/w/dev/settings/tokens')
  await page.getByRole('button', { name: 'New token' }).first().click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name').fill('x'.repeat(300))
  await expect(dialog.getByLabel('Name')).toHaveValue(/^x{1,100}$/)
  await page.keyboard.press('Escape')

  // A link that is none.
  await page.goto('/invitation#%E0%A4%A')
  await expect(page.getByText(/invitation/i).first()).toBeVisible()
})
