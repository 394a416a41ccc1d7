import { expect, hello, paste, test, write } from './support/test'

test('broken, mended with one click, saved, live', async ({ home: page, cloud }, { project }) => {
  const slug = `edit-${project.name}`
  await cloud.mock(slug, hello())
  await page.goto(`/w/dev/mocks/${slug}`)
  await expect(page.locator('.cm-content')).toContainText('/greet/:name')
  await write(page, hello('welcome').replace('method: GET', 'methodd: GET'))
  await expect(page.getByText('unknown key `methodd`').first()).toBeVisible()
  await page.getByRole('button', { name: 'Fix', exact: true }).first().click()
  await expect(page.locator('.cm-content')).toContainText('method: GET')
  await expect(page.getByText('unknown key `methodd`')).toHaveCount(0)
  await page.getByRole('button', { name: 'Save and go live' }).click()
  await expect(page.getByText('going live')).toBeVisible()
  await expect.poll(async () => (await cloud.call(slug, '/greet/ann')).body).toContain('welcome')
})

test('Try answers what is written before it is saved, and says why', async ({ home: page, cloud }, { project }) => {
  const slug = `try-${project.name}`
  await cloud.mock(slug, hello())
  await page.goto(`/w/dev/mocks/${slug}`)
  await expect(page.locator('.cm-content')).toContainText('/greet/:name')
  await write(page, hello('draft'))
  if (project.name === 'phone') await page.getByRole('button', { name: 'Try', exact: true }).click()
  await page.getByLabel('Path with query').fill('/greet/bia')
  await page.getByRole('button', { name: 'Send' }).click()
  const panel = page.getByRole('form', { name: 'Try' })
  await expect(panel).toContainText('"draft": "bia"')
  await expect(panel).toContainText('GET /greet/:name')
  await panel.getByRole('button', { name: 'Both' }).click()
  await expect(panel).toContainText('answer differently')
  await page.getByLabel('Path with query').fill('/nowhere')
  await expect(panel).toContainText('No endpoint answers this')
})

test('a draft survives reloading, and can be discarded', async ({ home: page, cloud }, { project }) => {
  const slug = `draft-${project.name}`
  await cloud.mock(slug, hello())
  await page.goto(`/w/dev/mocks/${slug}`)
  await expect(page.locator('.cm-content')).toContainText('/greet/:name')
  await write(page, hello('kept'))
  await expect(page.getByText('Unsaved')).toBeVisible()
  await expect
    .poll(() =>
      page.evaluate(
        () =>
          new Promise((resolve) => {
            const open = indexedDB.open('mocloud')
            open.onsuccess = () => {
              const count = open.result.transaction('drafts').objectStore('drafts').count()
              count.onsuccess = () => {
                open.result.close()
                resolve(count.result)
              }
            }
          }),
      ),
    )
    .toBeGreaterThan(0)
  await page.reload()
  await expect(page.locator('.cm-content')).toContainText('kept')
  await page.getByRole('button', { name: 'Discard the draft' }).click()
  await expect(page.locator('.cm-content')).toContainText('hello')
})

test('what somebody else saved is merged, or shown side by side', async ({ home: page, cloud }, { project }) => {
  const slug = `merge-${project.name}`
  const id = await cloud.mock(slug, hello())
  await page.goto(`/w/dev/mocks/${slug}`)
  await expect(page.locator('.cm-content')).toContainText('/greet/:name')
  await page.locator('.cm-content').click()
  await page.keyboard.press('ControlOrMeta+End')
  await paste(page, '- endpoint: {path: /mine, response: {body: mine}}\n')
  await cloud.api('PUT', `/mocks/${id}`, { content: `# theirs\n${hello()}` })
  await page.getByRole('button', { name: 'Merge', exact: true }).click()
  await expect(page.locator('.cm-content')).toContainText('# theirs')
  await expect(page.locator('.cm-content')).toContainText('/mine')
  await write(page, hello('mine'))
  await cloud.api('PUT', `/mocks/${id}`, { content: hello('theirs') })
  await page.getByRole('button', { name: 'Merge', exact: true }).click()
  await expect(page.getByRole('dialog')).toContainText('theirs')
  await page.getByRole('button', { name: 'Continue with this text' }).click()
  await page.getByRole('button', { name: 'Save and go live' }).click()
  await expect.poll(async () => (await cloud.call(slug, '/greet/a')).body).toContain('mine')
})

test('the traffic check says which of the last requests change', async ({ home: page, cloud }, { project }) => {
  const slug = `check-${project.name}`
  const id = await cloud.mock(slug, `${hello()}\n- endpoint: {path: /same, response: {body: same}}\n`)
  await cloud.call(slug, '/greet/ann')
  await cloud.call(slug, '/same')
  await expect.poll(async () => (await cloud.api<{ items: unknown[] }>('GET', `/mocks/${id}/requests`)).items.length).toBe(2)
  await page.goto(`/w/dev/mocks/${slug}`)
  await expect(page.locator('.cm-content')).toContainText('/greet/:name')
  await write(page, `${hello('different')}\n- endpoint: {path: /same, response: {body: same}}\n`)
  await page.getByRole('button', { name: 'More' }).click()
  await page.getByRole('menuitem', { name: 'Check against the last requests' }).click()
  const dialog = page.getByRole('dialog', { name: 'Traffic check' })
  await expect(dialog).toContainText('1 request would be answered the same.')
  await expect(dialog).toContainText('1 request would be answered differently.')
  await dialog.getByRole('button', { name: 'GET /greet/ann' }).click()
  await expect(dialog).toContainText('"different": "ann"')
})
