export { Usage, type UsageSearch } from './usage'
