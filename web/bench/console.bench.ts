import type { Page } from '@playwright/test'
import { expect, test } from '../e2e/support/test'

const note = (what: string, value: string, goal: string) => process.stdout.write(`\n| ${what} | ${value} | ${goal} |\n`)
const median = (all: number[]) => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0

/** many is a mock with so many endpoints. */
const many = (n: number) =>
  Array.from(
    { length: n },
    (_, index) =>
      `- endpoint:\n    method: GET\n    path: /things/${index}/:id\n    response:\n      status: 200\n      headers:\n        Content-Type: application/json\n      body: |\n        {"id": "{{path-params.id}}", "n": ${index}}\n`,
  ).join('\n')

/** watchTasks notes the long tasks of a page from now on. */
const watchTasks = (page: Page) =>
  page.evaluate(() => {
    const all: number[] = []
    Object.assign(window, { longTasks: all })
    new PerformanceObserver((list) => all.push(...list.getEntries().map((each) => each.duration))).observe({ type: 'longtask' })
  })
const tasks = (page: Page) => page.evaluate(() => (window as unknown as { longTasks: number[] }).longTasks)
const told = (all: number[]) => `${all.length} over 50 ms, ${all.filter((each) => each > 100).length} over 100 ms, longest ${Math.round(Math.max(0, ...all))} ms`

/** scroll moves a list for some seconds and counts the frames in a second. */
const scroll = (page: Page, selector: string) =>
  page.evaluate(async (wanted) => {
    const inside = document.querySelector(wanted)
    let place = inside?.parentElement ?? null
    while (place && place.scrollHeight <= place.clientHeight + 10) place = place.parentElement
    if (!place) throw new Error(`nothing scrolls around ${wanted}`)
    const box = place
    let frames = 0
    const begin = performance.now()
    await new Promise<void>((done) => {
      const step = () => {
        frames++
        box.scrollTop += 90
        if (performance.now() - begin < 4000) requestAnimationFrame(step)
        else done()
      }
      requestAnimationFrame(step)
    })
    return { rate: (frames * 1000) / (performance.now() - begin), moved: box.scrollTop }
  }, selector)

test('largest contentful paint at a quarter of the speed', async ({ home: page, cloud }) => {
  await cloud.mock('shop', many(3))
  const session = await page.context().newCDPSession(page)
  await session.send('Emulation.setCPUThrottlingRate', { rate: 4 })
  for (const [path, name] of [
    ['/w/dev/mocks', 'the list of mocks'],
    ['/w/dev/mocks/shop', 'the editor'],
  ] as const) {
    const paints: number[] = []
    for (let round = 0; round < 3; round++) {
      await session.send('Network.clearBrowserCache')
      await page.goto(path)
      await page.waitForTimeout(6000) // long enough for what paints last
      paints.push(
        await page.evaluate(
          () =>
            new Promise<number>((done) => {
              setTimeout(() => done(Number.NaN), 3000)
              new PerformanceObserver((list) => done(list.getEntries().at(-1)?.startTime ?? 0)).observe({
                type: 'largest-contentful-paint',
                buffered: true,
              })
            }),
        ),
      )
    }
    note(`LCP of ${name}, nothing cached, CPU at a quarter`, `${Math.round(median(paints))} ms`, '1,000 ms')
  }
})

test('typing in a mock of 2,000 endpoints', async ({ home: page, cloud }) => {
  await cloud.mock('many', many(2000), false)
  await page.goto('/w/dev/mocks/many')
  await expect(page.locator('.cm-content')).toContainText('/things/0/')
  await page.waitForTimeout(2000)
  await page.locator('.cm-line').nth(6).click()
  await page.keyboard.press('End')
  await watchTasks(page)
  await page.keyboard.type('; charset=utf-8 and some more words that go on for a while', { delay: 60 })
  await page.waitForTimeout(3000)
  note('typing in 2,000 endpoints: long tasks', told(await tasks(page)), 'none over 100 ms')
  const session = await page.context().newCDPSession(page)
  await session.send('Emulation.setCPUThrottlingRate', { rate: 4 })
  await watchTasks(page)
  await page.keyboard.type('; more words, and the path changes with none of them', { delay: 60 })
  await page.waitForTimeout(3000)
  note('the same, CPU at a quarter', told(await tasks(page)), '—')
})

test('from a key to its diagnostics', async ({ home: page, cloud }) => {
  for (const [slug, n] of [
    ['few', 20],
    ['lots', 1000],
  ] as const) {
    await cloud.mock(slug, many(n), false)
    await page.goto(`/w/dev/mocks/${slug}`)
    await expect(page.locator('.cm-content')).toContainText('/things/0/')
    await page.locator('.cm-line').nth(2).click()
    await page.keyboard.press('Home')
    const took: number[] = []
    for (let round = 0; round < 5; round++) {
      const wait = page.evaluate(
        () =>
          new Promise<number>((done) => {
            let pressed = 0
            document.addEventListener('keydown', () => (pressed = performance.now()), { once: true, capture: true })
            const watch = new MutationObserver(() => {
              if (!pressed || !document.querySelector('.cm-lintRange')) return
              watch.disconnect()
              requestAnimationFrame(() => done(performance.now() - pressed))
            })
            watch.observe(document.body, { subtree: true, childList: true, attributes: true })
          }),
      )
      await page.waitForTimeout(100) // the page listens by then
      await page.keyboard.press('z')
      took.push(await wait)
      await page.keyboard.press('Backspace')
      await expect(page.locator('.cm-lintRange')).toHaveCount(0)
    }
    note(`key → diagnostics, ${n} endpoints (200 ms of it are the pause in typing)`, `${Math.round(median(took))} ms`, '300 ms')
  }
})

test('10,000 requests', async ({ home: page, cloud }) => {
  const id = await cloud.mock('busy', many(3))
  const items = Array.from({ length: 10_000 }, (_, n) => ({
    id: `01900000-0000-7000-8000-${String(999_999_999_999 - n).padStart(12, '0')}`,
    mock_id: id,
    time: new Date(Date.UTC(2026, 0, 1) - n * 1000).toISOString(),
    duration_us: 100 + (n % 900),
    mode: 'redacted',
    method: ['GET', 'POST', 'DELETE'][n % 3],
    host: 'busy-dev.localhost',
    path: `/things/${n % 3}/${n}`,
    query: '',
    endpoint: n % 7 ? `GET /things/${n % 3}/:id` : '',
    status: n % 7 ? 200 : 404,
    request_size: 0,
    response_size: 20,
  }))
  await page.route(/\/requests\?/, (route) => route.fulfill({ json: { items } }))
  await page.goto('/w/dev/mocks/busy/requests')
  await expect(page.getByText('/things/0/0').first()).toBeVisible()
  await watchTasks(page)
  const { rate } = await scroll(page, '[role=option]')
  note('scrolling 10,000 requests', `${rate.toFixed(1)} frames/s; ${told(await tasks(page))}`, '55 frames/s')
})

test('2,000 mocks', async ({ home: page, cloud }) => {
  const { items } = await cloud.api<{ items: { id: string; slug: string }[] }>('GET', '/mocks?workspace_slug=dev&limit=1')
  const [first] = items
  const all = Array.from({ length: 2000 }, (_, n) => ({ ...first, id: `mock-${n}`, slug: `mock-${n}`, name: `Number ${n}` }))
  await page.route(/\/api\/v1\/mocks\?/, (route) => route.fulfill({ json: { items: all } }))
  await page.goto('/w/dev/mocks')
  await expect(page.getByText('mock-0', { exact: true })).toBeVisible()
  await watchTasks(page)
  const { rate } = await scroll(page, 'main [data-index], main li, main [role=row]')
  note('scrolling 2,000 mocks', `${rate.toFixed(1)} frames/s; ${told(await tasks(page))}`, '55 frames/s')
  const filter = page.locator('[data-filter], input[type=search]').first()
  const took = page.evaluate(
    () =>
      new Promise<number>((done) => {
        let pressed = 0
        document.addEventListener('keydown', () => (pressed = performance.now()), { once: true, capture: true })
        document.addEventListener('input', () => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - pressed))), { once: true })
      }),
  )
  await filter.focus()
  await page.keyboard.press('9')
  note('filtering 2,000 mocks: key → painted', `${Math.round(await took)} ms`, '100 ms')
})

test('from a call to its row', async ({ home: page, cloud }) => {
  await cloud.mock('live', many(3))
  await page.goto('/w/dev/mocks/live/requests')
  await page.waitForTimeout(1500)
  const took: number[] = []
  for (let round = 0; round < 10; round++) {
    const path = `/things/1/round-${round}`
    const seen = page.evaluate(
      (wanted) =>
        new Promise<number>((done) => {
          const watch = new MutationObserver(() => {
            if (!document.body.textContent?.includes(wanted)) return
            watch.disconnect()
            requestAnimationFrame(() => done(performance.timeOrigin + performance.now()))
          })
          watch.observe(document.body, { subtree: true, childList: true, characterData: true })
        }),
      path,
    )
    await page.waitForTimeout(150)
    await cloud.call('live', path)
    const answered = Date.now()
    took.push((await seen) - answered)
  }
  note('a call answered → its row painted (the mock server gathers for 100 ms, the page for 100 ms)', `${Math.round(median(took))} ms`, '—')
})
