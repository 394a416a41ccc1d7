import { useEffect, useState } from 'react'
import { InvitationByLink } from '@/features/account'

/** The secret is behind # and leaves the address once it is read, so that no history and no screenshot has it. */
export default function InvitationPage() {
  const [secret] = useState(() => decoded(location.hash.slice(1)))
  useEffect(() => {
    if (location.hash) history.replaceState(history.state, '', location.pathname)
  }, [])
  return <InvitationByLink secret={secret} />
}

/** decoded is a text of an address; what no browser would have made is taken as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
