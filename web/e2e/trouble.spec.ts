import { expect, hello, paste, test, write } from './support/test'

test('a session that ends in the middle of an edit: signed in over the page, and saved', async ({ home: page, cloud }) => {
  await cloud.mock('session', hello())
  const set = await page.request.put('/api/v1/account/password', {
    data: { new_password: 'correct horse battery' },
    headers: { Origin: cloud.url },
  })
  expect(set.status()).toBe(204)
  await page.goto('/w/dev/mocks/session')
  await expect(page.locator('.cm-content')).toContainText('/greet')
  await write(page, hello('afterwards'))
  await page.context().clearCookies()
  await page.getByRole('button', { name: 'Save and go live' }).click()
  const dialog = page.getByRole('dialog', { name: 'Your session has ended' })
  await dialog.getByLabel('Password').fill('wrong wrong wrong')
  await dialog.getByRole('button', { name: 'Sign in' }).click()
  await expect(dialog.getByRole('alert')).toBeVisible()
  await expect(async () => {
    await dialog.getByLabel('Password').fill('correct horse battery')
    await dialog.getByRole('button', { name: 'Sign in' }).click()
    await expect(dialog).toBeHidden({ timeout: 2000 })
  }).toPass()
  await expect.poll(async () => (await cloud.call('session', '/greet/a')).body).toContain('afterwards')
})

test('the server stops in the middle of a save: the draft is safe, and is saved when it is back', async ({ home: page, cloud }) => {
  await cloud.mock('stopped', hello())
  await page.goto('/w/dev/mocks/stopped')
  await expect(page.locator('.cm-content')).toContainText('/greet')
  await write(page, hello('survived'))
  await cloud.stop()
  await page.getByRole('button', { name: 'Save and go live' }).click()
  await expect(page.getByText('Your draft is safe in this browser')).toBeVisible()
  await expect(page.locator('.cm-content')).toContainText('survived')
  await cloud.start()
  await expect(async () => {
    await page.getByRole('button', { name: 'Save and go live' }).click()
    await expect(page.getByText('going live')).toBeVisible({ timeout: 2000 })
  }).toPass()
  await expect.poll(async () => (await cloud.call('stopped', '/greet/a').catch(() => ({ body: '' }))).body).toContain('survived')
})

test('a very large paste is refused with a reason, and nothing is lost', async ({ home: page, cloud }) => {
  await cloud.mock('large', hello())
  await page.goto('/w/dev/mocks/large')
  await expect(page.locator('.cm-content')).toContainText('/greet')
  await page.locator('.cm-content').click()
  await page.keyboard.press('ControlOrMeta+End')
  await paste(page, `# ${'x'.repeat(99)}\n`.repeat(20_000))
  await page.getByRole('button', { name: /^Save/ }).click()
  await expect(page.getByText(/the limit is 1 MB/).first()).toBeVisible()
  await expect(page.getByText('Unsaved')).toBeVisible()
})
