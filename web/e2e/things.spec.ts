import { expect, hello, test } from './support/test'

test('a domain: added, its records as the provider wants them, removed with a way back', async ({ home: page, cloud }) => {
  const slug = `dom${Date.now().toString(36)}`
  const host = `api.${slug}.example.com`
  await cloud.mock(slug, hello())
  await page.goto(`/w/dev/mocks/${slug}/domains`)
  await page.getByRole('button', { name: 'Add a domain' }).click()
  await page.getByLabel('Host name').fill('not a host')
  await page.getByRole('dialog').getByRole('button', { name: 'Add a domain' }).click()
  await expect(page.getByLabel('Host name')).toHaveAttribute('aria-invalid', 'true')
  await page.getByLabel('Host name').fill(host)
  await page.getByRole('dialog').getByRole('button', { name: 'Add a domain' }).click()
  const card = page.getByRole('article', { name: host })
  await expect(card.getByText('Waiting for DNS')).toBeVisible()
  await expect(card.getByText(`_mocloud-challenge.api.${slug}`, { exact: true })).toBeVisible()
  await card.getByLabel('Your DNS zone').selectOption(`${slug}.example.com`)
  await expect(card.getByText('_mocloud-challenge.api', { exact: true })).toBeVisible()
  await card.getByRole('button', { name: `Check ${host} now` }).click()

  await card.getByRole('button', { name: `Remove ${host}` }).click()
  await expect(card).toHaveCount(0)
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(card).toBeVisible()

  await page.goto(`/w/dev/domains?q=${slug}`)
  await expect(card.getByRole('link', { name: slug, exact: true })).toBeVisible()
  // Whoever leaves the page meant it.
  await card.getByRole('button', { name: `Remove ${host}` }).click()
  await page.goto(`/w/dev/domains?q=nothing`)
  await expect
    .poll(async () => (await cloud.api<{ items: { host: string }[] }>('GET', '/domains?workspace_slug=dev')).items.map((each) => each.host))
    .not.toContain(host)
})

test('files: uploaded, replaced, used as an external body, renamed, deleted with a way back', async ({ home: page, cloud }) => {
  const name = `data-${Date.now().toString(36)}.json`
  const file = (content: string) => ({ name, mimeType: 'application/json', buffer: Buffer.from(content) })
  const names = async () => (await cloud.api<{ items: { name: string }[] }>('GET', '/workspaces/dev/files')).items.map((each) => each.name)
  await page.goto('/w/dev/files')
  await page.getByLabel('Into the folder').fill('/lists/')
  await page.locator('input[type=file]').setInputFiles(file('[1]'))
  await expect(page.getByText(`Uploaded lists/${name}.`)).toBeVisible()
  await page.locator('input[type=file]').setInputFiles(file('[1, 2]'))
  await expect(page.getByText('A file with this name already exists.')).toBeVisible()
  await page.getByRole('button', { name: `Replace lists/${name}` }).click()
  await expect(page.getByRole('list', { name: 'Uploads' })).toHaveCount(0)

  await page.getByRole('button', { name: `lists/${name}`, exact: true }).click()
  const about = page.getByRole('dialog')
  await expect(about.getByText('no mock')).toBeVisible()
  await expect(about.locator('code').filter({ hasText: 'provider: json' })).toContainText(`path: lists/${name}`)
  await about.getByRole('button', { name: 'Rename' }).click()
  await page.getByRole('textbox', { name: 'Name' }).fill(name)
  await page.getByRole('dialog').getByRole('button', { name: 'Rename' }).click()
  await expect(page.getByText(`Renamed to ${name}.`)).toBeVisible()
  expect(await names()).toContain(name)
  expect(await names()).not.toContain(`lists/${name}`)

  await page.getByRole('button', { name, exact: true }).click()
  await expect(about.getByText('no mock')).toBeVisible()
  await about.getByRole('button', { name: 'Delete' }).click()
  await expect(page.getByRole('button', { name, exact: true })).toHaveCount(0)
  await page.getByText(`Deleted ${name}.`).locator('..').getByRole('button', { name: 'Undo' }).click()
  await expect(page.getByRole('button', { name, exact: true })).toBeVisible()
  expect(await names()).toContain(name)

  // What a mock uses takes a second look.
  await cloud.mock(
    `uses${Date.now().toString(36)}`,
    `- endpoint:\n    path: /list\n    response:\n      external-body: {provider: json, path: ${name}}\n`,
  )
  await page.getByRole('button', { name, exact: true }).click()
  await expect(about.getByRole('link', { name: /^uses/ })).toBeVisible()
  await about.getByRole('button', { name: 'Delete' }).click()
  await page
    .getByRole('dialog')
    .getByRole('button', { name: `Delete ${name}` })
    .click()
  await expect(page.getByText(`Deleted ${name}.`)).toBeVisible()
  await expect.poll(names).not.toContain(name)
})

test('a mock’s settings: taken offline and back, recording, renamed, duplicated, deleted and back', async ({ home: page, cloud }) => {
  const slug = `set${Date.now().toString(36)}`
  const id = await cloud.mock(slug, hello())
  await page.goto(`/w/dev/mocks/${slug}/settings`)
  await page.getByRole('button', { name: 'Take offline' }).click()
  await expect(page.getByRole('button', { name: 'Publish', exact: true })).toBeVisible()
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(page.getByRole('button', { name: 'Take offline' })).toBeVisible()

  await page.getByText('Nothing', { exact: true }).click()
  await page.getByRole('button', { name: 'Save' }).last().click()
  await expect(page.getByText('Saved the recording settings.')).toBeVisible()
  expect(await cloud.api('GET', `/mocks/${id}/recording`)).toMatchObject({ mode: 'off' })

  await page.getByLabel('Title').fill('Greetings')
  await page.getByLabel('Address', { exact: true }).first().fill(`${slug}2`)
  await page.getByRole('button', { name: 'Save' }).first().click()
  await page.waitForURL(`**/w/dev/mocks/${slug}2/settings`)
  expect(await cloud.api('GET', `/mocks/${id}`)).toMatchObject({ slug: `${slug}2`, name: 'Greetings' })

  await page.getByRole('button', { name: `Duplicate ${slug}2` }).click()
  await page.waitForURL(`**/w/dev/mocks/${slug}2-copy`)
  await page.goto(`/w/dev/mocks/${slug}2-copy/settings`)
  await page.getByRole('button', { name: `Delete ${slug}2-copy` }).click()
  await page.waitForURL('**/w/dev/mocks')
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(page.getByText(`Restored ${slug}2-copy.`)).toBeVisible()
})

test('usage counts what was called, and the audit log says who did what', async ({ home: page, cloud }) => {
  const slug = `use${Date.now().toString(36)}`
  await cloud.mock(slug, hello())
  await cloud.call(slug, '/greet/ann')
  await cloud.call(slug, '/nobody')
  await expect(async () => {
    await page.goto(`/w/dev/usage?mock=${slug}`)
    await expect(page.getByText('50% of all')).toBeVisible({ timeout: 1500 })
  }).toPass({ timeout: 30_000 })
  const plot = page.getByRole('group', { name: 'Requests by status' })
  await plot.focus()
  await page.keyboard.press('End')
  await expect(page.getByRole('figure', { name: 'Requests by status' })).toContainText('4xx1')
  await page.getByRole('button', { name: 'Table' }).click()
  await expect(page.getByRole('table', { name: 'Requests by status' }).getByRole('row')).toHaveCount(2)

  await page.goto('/w/dev/audit')
  await page.getByLabel('What', { exact: true }).selectOption('publishMock')
  await expect(page.getByRole('list', { name: 'Audit log' })).toContainText(slug)
  await page.getByLabel('By', { exact: true }).fill('nobody')
  await page.getByLabel('By', { exact: true }).press('Enter')
  await expect(page.getByText('Nothing matches these filters.')).toBeVisible()
  await page.getByRole('button', { name: 'Clear the filters' }).click()
  await expect(page.getByRole('list', { name: 'Audit log' })).toContainText(slug)
})
