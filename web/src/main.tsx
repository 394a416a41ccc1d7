import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { setNonce } from 'get-nonce'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import '@/styles/base.css'
import { queryClient } from '@/api/query-client'
import { startLanguage } from '@/i18n'
import { listen } from '@/keys/registry'
import '@/lib/density'
import { nonce } from '@/lib/nonce'
import { headStart, router } from '@/router'
import { Toasts } from '@/ui/toast'

if (nonce) setNonce(nonce)
headStart(location.pathname)
listen()

const place = document.getElementById('root')
if (place) {
  void startLanguage().then(() =>
    createRoot(place).render(
      <StrictMode>
        <QueryClientProvider client={queryClient}>
          <RouterProvider router={router} />
          <Toasts />
        </QueryClientProvider>
      </StrictMode>,
    ),
  )
}
