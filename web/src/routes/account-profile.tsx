import { useLocation } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { Organisations, Password, Profile, SignInLink } from '@/features/account'

export default function ProfilePage() {
  const { hash } = useLocation()
  const [making, setMaking] = useState(false)
  useEffect(() => {
    if (hash === 'organisations') setMaking(true)
  }, [hash])
  return (
    <>
      <Profile />
      <Organisations open={making} onOpen={setMaking} />
      <Password />
      <SignInLink />
    </>
  )
}
