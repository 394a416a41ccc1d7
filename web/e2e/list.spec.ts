import { expect, hello, test } from './support/test'

test('found by typing; deleted, and brought back', async ({ home: page, cloud }, { project }) => {
  const slug = `list-${project.name}`
  await cloud.mock(slug, hello())
  await page.goto('/w/dev/mocks')
  await page.getByLabel('Filter by name or address').fill(slug)
  await expect(page.getByRole('row')).toHaveCount(1)
  await page.getByRole('button', { name: `Actions for ${slug}` }).click()
  await page.getByRole('menuitem', { name: `Delete ${slug}` }).click()
  await expect(page.getByText(`Deleted ${slug}.`)).toBeVisible()
  await expect(page.getByRole('row')).toHaveCount(0)
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(page.getByRole('row')).toHaveCount(1)
})

test('the keyboard alone: to a mock, its keys, and another page', async ({ home: page, cloud }, { project }) => {
  test.skip(project.name === 'phone', 'phones have no keyboard')
  await cloud.mock('keyboard', hello())
  await page.goto('/w/dev/mocks')
  await expect(page.getByRole('row').filter({ hasText: 'keyboard' })).toBeVisible()
  await page.keyboard.press('ControlOrMeta+k')
  await expect(page.getByPlaceholder('Find a mock, an endpoint, a page or an action')).toBeFocused()
  await page.keyboard.type('keyboard')
  await expect(page.getByRole('dialog').getByRole('option', { selected: true })).toContainText('keyboard')
  await page.keyboard.press('Enter')
  await expect(page.locator('.cm-content')).toContainText('/greet')
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog')).toContainText('Copy the address')
  await page.keyboard.press('Escape')
  await page.keyboard.press('g')
  await page.keyboard.press('u')
  await expect(page).toHaveURL(/\/usage/)
})

test('an address that leads nowhere names what is near', async ({ home: page, cloud }, { project }) => {
  const slug = `near-${project.name}`
  await cloud.mock(slug, hello())
  await page.goto(`/w/dev/mocks/${slug}x`)
  await expect(page.getByText(`There is no mock “${slug}x” in dev.`)).toBeVisible()
  await page.getByRole('link', { name: slug, exact: true }).click()
  await expect(page.locator('.cm-content')).toContainText('/greet')
})

test('em português: criar, publicar, chamar', async ({ home: page, cloud }, { project }) => {
  const slug = `ola-${project.name}`
  await page.evaluate(() => localStorage.setItem('mocloud.language', '"pt-BR"'))
  await page.goto('/new')
  await page.getByLabel('Nome', { exact: true }).fill(slug)
  await page.getByRole('button', { name: 'Criar e publicar' }).click()
  await expect(page.getByText('Esperando a primeira requisição')).toBeVisible()
  await expect(page.getByText('Publicado')).toBeVisible()
  await cloud.call(slug, '/hello/ana')
  await expect(page.getByText('Respondeu à primeira requisição')).toBeVisible()
  await expect(page.locator('html')).toHaveAttribute('lang', 'pt-BR')
})
