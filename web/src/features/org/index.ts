export { General } from './general'
export { Members } from './members'
export { Quota } from './quota'
