export { MockDomains, WorkspaceDomains } from './domains'
