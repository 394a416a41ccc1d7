import { expect, test, write } from './support/test'

/** A picture of each step, for whoever wants to look at the walk: WALK=/a/folder. */
const folder = process.env.WALK

// What somebody does on the first day, who has nothing but a sign-in link.
test('from a sign-in link to a mock with a domain and a colleague', async ({ page, browser, cloud }, { project }) => {
  test.setTimeout(60_000)
  const phone = project.name === 'phone'
  const me = `ann${project.name}${Date.now().toString(36)}`
  let step = 0
  const look = async (name: string) => {
    step++
    if (!folder) return
    await page.waitForTimeout(500) // what is fetched may come
    await page.screenshot({ path: `${folder}/${project.name}-${String(step).padStart(2, '0')}-${name}.png`, animations: 'disabled' })
  }
  const tab = (name: string) => page.getByRole('navigation', { name: 'shop' }).getByRole('link', { name })
  const view = async (name: string) => {
    if (phone) await page.getByRole('button', { name, exact: true }).click()
  }

  const { url } = await cloud.api<{ url: string }>('POST', '/sessions/links', { username: me, create: true })
  await page.goto(url.replace(/^https?:\/\/[^/]+/, ''))
  // Whoever has no mocks is where one makes them.
  await expect(page.getByRole('heading', { name: 'New mock' })).toBeVisible()
  await look('new')

  // Create.
  await page.getByRole('button', { name: 'Hello' }).click()
  await page.getByLabel('Name', { exact: true }).fill('shop')
  await expect(page.getByText('free')).toBeVisible()
  await page.getByRole('button', { name: 'Create only' }).click()
  await expect(page.locator('.cm-content')).toContainText('/hello')
  await look('created')

  // Break, and mend with the key that is offered.
  await write(page, '- endpoint:\n    method: GET\n    pathh: /greet/:name\n    response:\n      body: Hello {{path-params.name}}!\n')
  await expect(page.getByText('unknown key `pathh`', { exact: false }).first()).toBeVisible()
  await expect(page.getByRole('button', { name: 'Publish', exact: true })).toBeDisabled()
  await look('broken')
  await page.getByRole('button', { name: 'Fix', exact: true }).first().click()
  await expect(page.locator('.cm-content')).toContainText('path: /greet/:name')

  // Publish, call, inspect.
  await page.getByRole('button', { name: 'Publish', exact: true }).click()
  await expect(page.getByText('Published', { exact: true }).first()).toBeVisible()
  await look('published')
  const call = (path: string) => cloud.call('shop', path, 'GET', '', me)
  await expect.poll(async () => (await call('/greet/bia')).body).toBe('Hello bia!')
  expect((await call('/greet/bia/photo')).status).toBe(404)
  await tab('Requests').click()
  await page.getByRole('option').filter({ hasText: '/greet/bia/photo' }).click()
  await expect(page.getByText('No endpoint answers it')).toBeVisible()
  await look('inspected')
  await page.getByRole('button', { name: 'Create an endpoint' }).click()
  await expect(page.locator('.cm-content')).toContainText('/greet/bia/photo')
  await view('YAML')
  await page.getByRole('button', { name: 'Save and go live' }).click()
  await expect.poll(async () => (await call('/greet/bia/photo')).status).toBe(200)
  await look('made')

  // Roll back.
  await tab('History').click()
  await page.getByRole('button', { name: /^r2/ }).click()
  await look('history')
  await page.getByRole('button', { name: 'Roll back to r2' }).click()
  await expect.poll(async () => (await call('/greet/bia/photo')).status).toBe(404)
  await look('rolled-back')

  // Add a domain: what to do next is on the page.
  await tab('Domains').click()
  await page.getByRole('button', { name: 'Add a domain' }).click()
  await page.getByLabel('Host name').fill(`api.${me}.example.com`)
  await page.getByRole('dialog').getByRole('button', { name: 'Add a domain' }).click()
  await expect(page.getByText('Waiting for DNS')).toBeVisible()
  await look('domain')

  // Invite: an organisation, and a link for a colleague, who comes in with it.
  await page.goto('/account/profile')
  await page.getByRole('button', { name: 'New organisation' }).click()
  const making = page.getByRole('dialog')
  await making.getByLabel('Name', { exact: true }).fill('Acme')
  await making.getByLabel('Address').fill(`acme${me}`)
  await expect(making.getByText('It is available.')).toBeVisible()
  await look('organisation')
  await making.getByRole('button', { name: 'Create the organisation' }).click()
  await page.getByRole('button', { name: 'Invite' }).click()
  await page.getByRole('button', { name: 'Make the link' }).click()
  const link = new URL((await page.getByRole('dialog').locator('code').textContent()) ?? '')
  await look('invited')
  const colleague = await browser.newContext({ baseURL: cloud.url })
  const theirs = await colleague.newPage()
  const them = await cloud.api<{ url: string }>('POST', '/sessions/links', { username: `${me}b`, create: true })
  await theirs.goto(them.url.replace(/^https?:\/\/[^/]+/, ''))
  await theirs.waitForURL((at) => !at.pathname.startsWith('/signin'))
  await theirs.goto(link.pathname + link.hash)
  await theirs.getByRole('button', { name: 'Join' }).click()
  await theirs.waitForURL(`**/w/acme${me}/mocks`)
  await colleague.close()
  await page.getByRole('button', { name: 'Done' }).click()
  await expect(page.getByText(`${me}b`, { exact: true })).toBeVisible() // without reloading
  await look('joined')
})
