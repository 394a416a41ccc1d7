import { expect, hello, test } from './support/test'

test('a request arrives by itself, says why nobody answered, and becomes an endpoint', async ({ home: page, cloud }, { project }) => {
  const slug = `traffic-${project.name}`
  await cloud.mock(slug, hello())
  await page.goto(`/w/dev/mocks/${slug}/requests`)
  await expect(page.getByText('No request yet')).toBeVisible()
  await cloud.call(slug, '/greet/ann?x=1')
  await expect(page.getByRole('listbox', { name: 'Requests' }).getByRole('option')).toHaveCount(1)
  await cloud.call(slug, '/greet/7/photos')
  await expect(page.getByRole('listbox', { name: 'Requests' }).getByRole('option')).toHaveCount(2)
  await page.getByLabel('Search path').fill('photos')
  await expect(page.getByRole('listbox', { name: 'Requests' }).getByRole('option')).toHaveCount(1)
  await page.getByRole('listbox', { name: 'Requests' }).getByRole('option').first().click()
  await expect(page.getByText('No endpoint answers it')).toBeVisible()
  await page.getByRole('button', { name: 'Make it an endpoint' }).click()
  await expect(page.locator('.cm-content')).toContainText('/greet/:id|int/photos')
  await expect(page.getByText('Unsaved')).toBeVisible()
})

test('the list does not move under its reader', async ({ home: page, cloud }, { project }) => {
  test.skip(project.name === 'phone', 'the same list')
  const slug = 'still'
  await cloud.mock(slug, hello())
  for (let n = 0; n < 60; n++) await cloud.call(slug, `/greet/${n}`)
  await page.goto(`/w/dev/mocks/${slug}/requests`)
  await expect(page.getByRole('listbox', { name: 'Requests' }).getByRole('option').first()).toContainText('/greet/59')
  await page.getByRole('listbox', { name: 'Requests' }).evaluate((list) => list.scrollTo({ top: 200 }))
  const sixth = page.getByRole('listbox', { name: 'Requests' }).getByRole('option').filter({ hasText: '/greet/50' })
  const before = await sixth.boundingBox()
  await cloud.call(slug, '/greet/new')
  await expect(page.getByRole('button', { name: '1 new' })).toBeVisible()
  expect((await sixth.boundingBox())?.y).toBe(before?.y)
  await page.getByRole('button', { name: '1 new' }).click()
  await expect(page.getByRole('listbox', { name: 'Requests' }).getByRole('option').first()).toContainText('/greet/new')
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
