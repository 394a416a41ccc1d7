export { Tokens } from './tokens'
