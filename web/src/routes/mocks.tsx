import { MocksPage } from '@/features/mocks/list-page'

export default MocksPage
