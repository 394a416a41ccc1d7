import { expect, test } from './support/test'

const pet = `# the shop
- endpoint: # one pet
    path: "/pets/:id|int" # kept
    response:
      headers: {Content-Type: application/json}
      body: |
        {"id": {{path-params.id}}}
    latency: 10ms

- endpoint:
    path: /other
    response: {body: other} # as it is
`

test('the form edits the same text: comments survive, undo is one, and YAML shows it', async ({ home: page, cloud }, { project }) => {
  const slug = `form-${project.name}`
  const id = await cloud.mock(slug, pet, false)
  await page.goto(`/w/dev/mocks/${slug}`)
  await expect(page.locator('.cm-content')).toContainText('/pets')
  await page.keyboard.press('Control+e')
  await expect(page).toHaveURL(/view=form/)
  const form = page.getByRole('region', { name: 'Form' })
  await expect(form.getByLabel('Path')).toHaveValue('/pets/:id|int')
  await form.getByLabel('Status').fill('201')
  await form.getByLabel('Method').selectOption('PUT')
  await form.getByLabel('Body').fill('{"id": 7}\n')
  await form.getByLabel('Add a header').first().fill('X-A')
  await page.keyboard.press('Enter')
  await form.getByLabel('Value of the header X-A').fill('1, 2')
  await form.getByLabel('Summary').fill('never mind')
  await form.getByRole('button', { name: 'Undo' }).click()
  await expect(form.getByLabel('Summary')).toHaveValue('')
  await page.keyboard.press('Control+s')
  await expect(page.getByText('Saved as r2')).toBeVisible()
  const { content } = await cloud.api<{ content: string }>('GET', `/mocks/${id}`)
  expect(content).toBe(
    pet
      .replace('    path: "/pets', '    method: PUT\n    path: "/pets')
      .replace(
        '      headers: {Content-Type: application/json}',
        '      status: 201\n      headers: {Content-Type: application/json, X-A: "1, 2"}',
      )
      .replace('{{path-params.id}}', '7'),
  )
  await form.getByRole('button', { name: 'latency' }).click()
  await expect(page.locator('.cm-activeLine')).toContainText('latency')
})
