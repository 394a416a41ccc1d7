export { Files } from './files'
