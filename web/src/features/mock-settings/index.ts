export { Availability } from './availability'
export { Delete, Duplicate, Move } from './elsewhere'
export { General } from './general'
export { Recording } from './recording'
