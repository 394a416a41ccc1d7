import { expect, test } from './support/test'

const people = `- state:
    people: [{id: 1, name: Ann}]
    visits: 0
- crud:
    path: /people
`

test('what a mock remembers is seen, set and reset', async ({ home: page, cloud }, { project }) => {
  const slug = `state-${project.name}`
  await cloud.mock(slug, people)
  expect((await cloud.call(slug, '/people', 'POST', '{"name": "Bob"}')).status).toBe(201)
  await page.goto(`/w/dev/mocks/${slug}/state`)
  await expect(page.getByText('"Bob"')).toBeVisible()
  await page.getByRole('listitem').filter({ hasText: 'visits' }).getByRole('button', { name: 'Edit' }).click()
  const text = page.getByRole('textbox', { name: 'visits' })
  await text.fill('{"not": json')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('alert')).toContainText('not JSON')
  await text.fill('41')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('listitem').filter({ hasText: 'visits' })).toContainText('41')
  await page.getByRole('button', { name: 'Reset' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Reset' }).click()
  await expect(page.getByText('"Bob"')).toBeHidden()
  await expect(page.getByRole('listitem').filter({ hasText: 'visits' })).toContainText('initial')
})
