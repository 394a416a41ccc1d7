import { useEffect, useState } from 'react'
import { InvitationByLink } from '@/features/account'

/** The secret is behind # and leaves the address once it is read, so that no history and no screenshot has it. */
export default function InvitationPage() {
  const [secret] = useState(() => decodeURIComponent(location.hash.slice(1)))
  useEffect(() => {
    if (location.hash) history.replaceState(history.state, '', location.pathname)
  }, [])
  return <InvitationByLink secret={secret} />
}
