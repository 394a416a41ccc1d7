const written = document.querySelector<HTMLMetaElement>('meta[name=csp-nonce]')?.content ?? ''

/** What style elements need that are made at run time; empty where the server's policy names none. */
export const nonce = written.startsWith('__') ? '' : written
