import { NewPage } from '@/features/start/new-page'

export default NewPage
