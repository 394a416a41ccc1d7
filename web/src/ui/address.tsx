import { ChevronDown, ExternalLink } from 'lucide-react'
import { useT } from '@/i18n'
import { curl, quote } from '@/lib/curl'
import { buttonClass } from './button'
import { Copy, toClipboard } from './copy'
import { Menu } from './menu'
import { toast } from './toast'

/** Where a mock answers, and the ways to copy it. */
export function Address({ url }: { url: string }) {
  const t = useT()
  const copy = (label: string, text: string) => ({
    label,
    run: () => void toClipboard(text).then(() => toast({ text: t.common.copied })),
  })
  return (
    <span className="inline-flex min-w-0 items-center">
      <code className="code min-w-0 truncate text-ink-2">{url.replace(/^https?:\/\//, '')}</code>
      <Copy text={url} />
      <Menu
        label={t.mocks.copyAs}
        entries={[
          copy('URL', url),
          copy('curl', curl({ method: 'GET', url: `${url}/` })),
          copy('fetch', `await fetch(${JSON.stringify(`${url}/`)})`),
          copy('Go', `http.Get(${JSON.stringify(`${url}/`)})`),
          copy('Python', `requests.get(${JSON.stringify(`${url}/`)})`),
          copy('HTTPie', `http ${quote(`${url}/`)}`),
          null,
          {
            label: t.mocks.openAddress,
            icon: <ExternalLink size={14} strokeWidth={1.5} />,
            run: () => window.open(url, '_blank', 'noopener'),
          },
        ]}
      >
        <button
          type="button"
          aria-label={t.mocks.copyAs}
          title={t.mocks.copyAs}
          className={buttonClass('quiet', 'h-6! min-w-6 px-1! text-ink-3!')}
        >
          <ChevronDown size={14} strokeWidth={1.5} />
        </button>
      </Menu>
    </span>
  )
}
