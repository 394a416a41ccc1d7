export * from './common'
export * from './mocks'
export * from './pages'
