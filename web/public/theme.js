// Sets the theme before the first paint, so that nothing flashes. The rest of it is src/lib/theme.ts.
;(() => {
  let choice = 'system'
  try {
    choice = localStorage.getItem('mocloud.theme') || 'system'
  } catch {}
  const dark = choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
  // The editor's code comes beside the page's, where the address is one of a mock.
  if (!/^\/w\/[^/]+\/mocks\/[^/]+\/?$/.test(location.pathname)) return
  for (const href of document.querySelector('meta[name="editor"]')?.content.split(' ') ?? [])
    document.head.append(Object.assign(document.createElement('link'), { rel: 'modulepreload', href }))
})()
