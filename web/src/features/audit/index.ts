export { Audit } from './audit'
