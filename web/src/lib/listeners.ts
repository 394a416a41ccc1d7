/** A set of callbacks, for the small stores of the console. */
export class Listeners<A extends unknown[] = []> {
  readonly #callbacks = new Set<(...args: A) => void>()

  /** add returns the way to take the callback away again; it fits useSyncExternalStore. */
  readonly add = (callback: (...args: A) => void): (() => void) => {
    this.#callbacks.add(callback)
    return () => {
      this.#callbacks.delete(callback)
    }
  }

  call(...args: A): void {
    for (const callback of [...this.#callbacks]) callback(...args)
  }
}

/** A value that components can follow. */
export class Cell<T> {
  readonly #listeners = new Listeners()
  #value: T

  constructor(value: T) {
    this.#value = value
  }

  readonly get = (): T => this.#value
  readonly follow = this.#listeners.add

  readonly set = (value: T): void => {
    if (Object.is(value, this.#value)) return
    this.#value = value
    this.#listeners.call()
  }
}
