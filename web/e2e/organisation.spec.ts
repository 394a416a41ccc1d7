import { expect, test } from './support/test'

test('an organisation: made, joined with a link, roles given and taken, and deleted', async ({ home: page, browser, cloud }) => {
  const slug = `org${Date.now().toString(36)}`
  const guestName = `gus${Date.now().toString(36)}`
  await page.goto('/account/profile')
  await page.getByRole('button', { name: 'New organisation' }).click()
  const making = page.getByRole('dialog')
  await making.getByLabel('Name', { exact: true }).fill('The Ministry')
  await making.getByLabel('Address').fill('dev')
  await expect(making.getByRole('button', { name: /^Use / })).toBeVisible() // it is taken, and something like it is free
  await making.getByLabel('Address').fill(slug)
  await expect(making.getByText('It is available.')).toBeVisible()
  await making.getByRole('button', { name: 'Create the organisation' }).click()
  await page.waitForURL(`**/w/${slug}/settings/members`)

  await page.getByRole('button', { name: 'Invite' }).click()
  await page.getByRole('dialog').getByLabel('Role').selectOption('viewer')
  await page.getByRole('button', { name: 'Make the link' }).click()
  const link = (await page.getByRole('dialog').locator('code').textContent()) ?? ''
  expect(link).toMatch(/\/invitation#\w+$/)
  await page.getByRole('button', { name: 'Done' }).click()
  await expect(page.getByRole('list', { name: 'Open invitations' })).toContainText('for the role Viewer')

  // The link shows what it is for before anybody signs in, and leaves the address.
  const guest = await browser.newContext({ baseURL: cloud.url })
  const other = await guest.newPage()
  const path = new URL(link).pathname + new URL(link).hash
  await other.goto(path)
  await expect(other.getByRole('heading', { name: 'Join The Ministry' })).toBeVisible()
  await expect(other.getByRole('heading', { name: 'Sign in to join' })).toBeVisible()
  expect(other.url()).not.toContain('#')
  const { url } = await cloud.api<{ url: string }>('POST', '/sessions/links', { username: guestName, create: true })
  await other.goto(new URL(url).pathname + new URL(url).search)
  await other.waitForURL((at) => !at.pathname.startsWith('/signin'))
  await other.goto(path)
  await other.getByRole('button', { name: 'Join' }).click()
  await other.waitForURL(`**/w/${slug}/mocks`)

  // A viewer reads, and is told what it takes to do more.
  await other.goto(`/w/${slug}/settings/members`)
  await expect(other.getByRole('button', { name: 'Invite' })).toBeDisabled()
  await expect(other.getByText('Needs the role Admin; you are Viewer here.')).toBeVisible()
  await other.goto(`/w/${slug}/files`)
  await expect(other.getByText('Needs the role Editor; you are Viewer here.')).toBeVisible()
  await other.goto(`/w/${slug}/audit`)
  await expect(other.getByText('Needs the role Admin; you are Viewer here.')).toBeVisible()

  await page.reload()
  await page.getByLabel(`Role of ${guestName}`).selectOption('editor')
  await expect(page.getByText(`${guestName} now has the role Editor.`)).toBeVisible()
  await other.goto(`/w/${slug}/files`)
  await expect(other.getByRole('button', { name: 'Upload' })).toBeEnabled()

  await page.getByRole('button', { name: `Remove ${guestName}` }).click()
  await page
    .getByRole('dialog')
    .getByRole('button', { name: `Remove ${guestName}` })
    .click()
  await expect(page.getByText(`Removed ${guestName}.`)).toBeVisible()
  expect((await other.request.get(`/api/v1/workspaces/${slug}`)).status()).toBe(404)
  await guest.close()

  await page.goto(`/w/${slug}/settings/quota`)
  await expect(page.getByRole('meter', { name: 'Members and open invitations' })).toBeVisible()

  await page.goto(`/w/${slug}/settings/general`)
  await page.getByLabel('Name', { exact: true }).fill('The Other Ministry')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('Saved The Other Ministry.')).toBeVisible()
  await page.getByRole('button', { name: 'Delete The Other Ministry' }).click()
  await page.getByLabel(`Type ${slug} to confirm`).fill(slug)
  await page.getByRole('dialog').getByRole('button', { name: 'Delete The Other Ministry' }).click()
  await expect(page.getByText('Deleted The Other Ministry.')).toBeVisible()
  expect((await page.request.get(`/api/v1/workspaces/${slug}`)).status()).toBe(404)
})

test('an invitation that is no good says what to do', async ({ page }) => {
  await page.goto('/invitation')
  await expect(page.getByText('This link is incomplete.')).toBeVisible()
  await page.goto('/invitation?again#nonsense')
  await expect(page.getByText('Ask for a new one.')).toBeVisible()
})
