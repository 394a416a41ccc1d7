package httpapi

import "github.com/mocloud/mocloud/services/api/internal/cursor"

// defaultLimit is how many items a page has at most if the caller does not say.
const defaultLimit = 50

// itemsOf writes a page's items as the contract has them, and the cursor of the next page, nil on the last one.
func itemsOf[T, U any](page cursor.Page[T], of func(T) U) (items []U, next *string) {
	items = make([]U, len(page.Items))
	for i, item := range page.Items {
		items[i] = of(item)
	}
	return items, present(page.Next)
}
