import { Cell, Listeners } from '@/lib/listeners'

/**
 * What this page knows of its session: nothing before the first answer, then that it stands, then perhaps that it has
 * ended. While it has ended, requests wait for a new one; the dialog that signs in again lies over the page.
 */
export const ended = new Cell(false)

const renewals = new Listeners()
let stands = false

export const session = {
  known: (): boolean => stands,

  began(): void {
    stands = true
    ended.set(false)
    renewals.call()
  },

  left(): void {
    stands = false
    ended.set(false)
  },

  /** renewed waits until somebody has signed in again. */
  renewed(): Promise<void> {
    ended.set(true)
    return new Promise((resolve) => {
      const forget = renewals.add(() => {
        forget()
        resolve()
      })
    })
  },
}
