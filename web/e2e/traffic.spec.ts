import { expect, hello, test } from './support/test'

test('a request arrives by itself, says why nobody answered, and becomes an endpoint', async ({ home: page, cloud }, { project }) => {
  const slug = `traffic-${project.name}`
  await cloud.mock(slug, hello())
  await page.goto(`/w/dev/mocks/${slug}/requests`)
  await expect(page.getByText('No requests yet')).toBeVisible()
  await cloud.call(slug, '/greet/ann?x=1')
  await expect(page.getByRole('listbox', { name: 'Requests' }).getByRole('option')).toHaveCount(1)
  await cloud.call(slug, '/greet/7/photos')
  await expect(page.getByRole('listbox', { name: 'Requests' }).getByRole('option')).toHaveCount(2)
  // What only the server can look at: the body of an answer.
  await page.getByLabel('Search paths').fill('NO ENDPOINT of this mock')
  await expect(page.getByText('Found 1 request')).toBeVisible()
  await expect(page.getByRole('listbox', { name: 'Requests' }).getByRole('option')).toHaveText(/photos/)
  await page.getByLabel('Search paths').fill('photos')
  await expect(page.getByRole('listbox', { name: 'Requests' }).getByRole('option')).toHaveCount(1)
  await page.getByRole('listbox', { name: 'Requests' }).getByRole('option').first().click()
  await expect(page.getByText('No endpoint answers it')).toBeVisible()
  await expect(page.getByRole('link', { name: 'GET /greet/:name' })).toBeVisible()
  await page.getByRole('button', { name: 'Create an endpoint' }).click()
  await expect(page.locator('.cm-content')).toContainText('/greet/:id|int/photos')
  await expect(page.getByText('Unsaved')).toBeVisible()
})

test('the list does not move under its reader', async ({ home: page, cloud }, { project }) => {
  test.skip(project.name === 'phone', 'the same list')
  const slug = 'still'
  await cloud.mock(slug, hello())
  await page.setViewportSize({ width: 1280, height: 480 })
  // Not all of so many at once are recorded: whichever are shown stay where they are.
  await page.goto(`/w/dev/mocks/${slug}/requests`)
  const list = page.getByRole('listbox', { name: 'Requests' })
  await expect(async () => {
    for (let n = 0; n < 10; n++) await cloud.call(slug, `/greet/${n}`)
    await expect(list.getByRole('option').nth(15)).toBeVisible({ timeout: 1000 })
  }).toPass()
  await list.evaluate((place) => place.scrollTo({ top: 200 }))
  const id = await list.getByRole('option').nth(12).getAttribute('id')
  const one = page.locator(`[id="${id}"]`)
  const before = await one.boundingBox()
  const fresh = page.getByRole('button', { name: /\d+ new/ })
  await expect(async () => {
    await cloud.call(slug, '/greet/fresh')
    await expect(fresh).toBeVisible({ timeout: 1000 })
  }).toPass()
  expect((await one.boundingBox())?.y).toBe(before?.y)
  await fresh.click()
  await expect(list.getByRole('option').first()).toContainText('/greet/fresh')
})

test('history: what changed, and the way back', async ({ home: page, cloud }, { project }) => {
  const slug = `history-${project.name}`
  const id = await cloud.mock(slug, hello())
  await cloud.api('PUT', `/mocks/${id}`, { content: hello('changed'), message: 'Another word' })
  await page.goto(`/w/dev/mocks/${slug}/history?to=2`)
  await expect(page.getByRole('region', { name: 'r1 → r2' })).toContainText('changed')
  await page.goto(`/w/dev/mocks/${slug}/history?to=1`)
  await page.getByRole('button', { name: 'Roll back to r1' }).click()
  await expect(page.getByText('Rolled back to r1, as r3')).toBeVisible()
  await expect.poll(async () => (await cloud.call(slug, '/greet/a')).body).toContain('hello')
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect.poll(async () => (await cloud.call(slug, '/greet/a')).body).toContain('changed')
})
