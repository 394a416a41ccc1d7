package mockserver

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
)

// TestFilesOfMoclojer serves moclojer's own files unchanged and asks what its documentation and tests ask of them.
// WebSockets and webhooks have tests of their own: of these files only the answers are read here.
func TestFilesOfMoclojer(t *testing.T) {
	t.Parallel()
	const post = "POST %s HTTP/1.1\nContent-Type: application/json\n\n"
	asJSON := func(method, path, body string) string {
		return strings.Replace(strings.Replace(post, "%s", path, 1), "POST", method, 1) + body
	}
	get := func(path string, header ...string) string {
		return "GET " + path + " HTTP/1.1\n" + strings.Join(append(header, ""), "\n") + "\n"
	}
	for file, asked := range map[string][]struct{ request, want string }{
		"readme.yml": {{get("/hello/moclojer"), `200 OK {"hello":"moclojer!"}`}},
		"moclojer.yml": {
			{get("/hello/moclojer"), `200 OK {"hello":"moclojer!"}`},
			{get("/hello-world", "Origin: http://google.com/"), `200 OK {"hello":"Hello, World!"}`},
			{get("/with-params/moclojer?param1=moclojer"), `200 OK {"path-params":"moclojer","query-params":"moclojer"}`},
			{asJSON("POST", "/first-post-route", `{"project":"moclojer"}`), `200 OK {"project":"moclojer"}`},
			{get("/v1/hello/test/world"), `200 OK {"hello-v1":"world!","sufix":false}`},
			{get("/v1/hello/test/world/with-sufix"), `200 OK {"hello-v1":"world!","sufix":true}`},
			{get("/v1/hello"), `200 OK {"hello-v1":"hello world!"}`},
			{get("/v1/hello/"), `200 OK {"hello-v1":"hello world!"}`},
			{get("/multi-path-param/moclojer-123/more/10"), `200 OK {"username":"moclojer-123","age":10}`},
		},
		"multihost.yml": {
			{get("/multihost", "Host: moclojer.com"), `200 OK {"domain":"moclojer.com"}`},
			{get("/multihost-sub", "Host: sub.moclojer.com"), `200 OK {"domain":"sub.moclojer.com"}`},
		},
		"external-body-global.yml": {{get("/without-external-body"), `200 OK {"msg":"hello world"}`}},
		"server.yml":               {{get("/hello/you"), `200 OK {"hello":"you!"}`}},
		"real-world-example.yml": {
			{asJSON("POST", "/api/v1/auth/login", `{"email":"john@example.com","password":"password123"}`), `"email":"john@example.com","name":"John Doe"`},
			{get("/api/v1/products/search?q=headphones"), `"suggestions":["headphones accessories","headphones reviews"]`},
			{asJSON("POST", "/api/v1/cart/items", `{"product_id":101,"quantity":2}`), `"subtotal": 2 * 99.99,`},
			{asJSON("PATCH", "/api/v1/admin/orders/ORD-1/status", `{"status":"shipped"}`), `"new_status":"shipped"`},
			{get("/api/v1/auth/profile", "X-User-Email: a@b.c", "X-User-Name: Ann", "X-User-Role: admin"), `{"id":12345,"email":"a@b.c","name":"Ann","role":"admin",`},
			{asJSON("POST", "/api/v1/auth/invalid", `{}`), `401 Unauthorized {"error":"Unauthorized","message":"Invalid email or password"`},
			{asJSON("POST", "/api/v1/auth/register/invalid", `{}`), `400 Bad Request {"error":"Bad Request","message":"Validation failed"`},
			{get("/api/v1/products?page=2&per_page=20&brand=AudioTech"), `"pagination":{"page":2,"per_page":20,"total":156,"total_pages":16},"filters":{"category":"","min_price":"","max_price":"","brand":"AudioTech","sort":""}}`},
			{get("/api/v1/categories"), `"subcategories":[{"id":21,"name":"T-Shirts","product_count":22},`},
			{get("/api/v1/cart", "X-User-ID: u-1"), `200 OK {"user_id":"u-1","items":[`},
			{asJSON("PUT", "/api/v1/cart/items/7", `{"quantity":3}`), `"subtotal": 3 * 99.99,`},
			{"DELETE /api/v1/cart/items/7 HTTP/1.1\n\n", `200 OK {"removed_item_id":7,"cart_summary":{"items_count":2,"total":184.97},`},
			{asJSON("POST", "/api/v1/cart/items/out-of-stock", `{}`), `422 Unprocessable Entity {"error":"Unprocessable Entity","message":"Product 'Gaming Laptop' is out of stock"`},
			{asJSON("POST", "/api/v1/cart/checkout", `{"user_id":"u-1","shipping":{"name":"Ann \"A.\"","street":"1 Rd","city":"X","zip":"1"},"payment":{"method":"card"}}`), `"shipping_address":{"name":"Ann \"A.\"","street":"1 Rd","city":"X","zip":"1"},"payment":{"method":"card","status":"pending"}`},
			{get("/api/v1/orders?page=4&status=shipped"), `"pagination":{"page":4,"per_page":10,"total":15},"filters":{"status":"shipped",`},
			{get("/api/v1/orders/ORD-1"), `"tracking":{"number":"TRKORD-1789","carrier":"FastShip",`},
			{asJSON("POST", "/api/v1/orders/ORD-1/cancel", `{}`), `200 OK {"order_id":"ORD-1","previous_status":"processing","new_status":"cancelled",`},
			{get("/api/v1/products/5/reviews?page=1&rating=5"), `200 OK {"product_id":5,"reviews":[`},
			{asJSON("POST", "/api/v1/products/5/reviews", `{"rating":4,"title":"Good","comment":"Yes"}`), `"rating":4,"title":"Good","comment":"Yes","verified_purchase":true`},
			{get("/api/v1/admin/dashboard"), `"total_revenue":"156,789.45"}`},
			{get("/api/v1/admin/products?page=1&low_stock=true"), `"filters":{"category":"","status":"","low_stock":"true"}}`},
			{get("/api/v1/admin/products/unauthorized"), `401 Unauthorized {"error":"Unauthorized","message":"Authentication required.`},
			{get("/api/v1/admin/orders?status=pending&page=1"), `"status":"pending","items_count":2,`},
		},
		"openapi/petstore-expanded.yaml": {
			{get("/pets?tags=a&limit=3"), `200 OK [{"id":0,"name":"caramelo"}]`},
			{get("/pets"), `200 OK [{"id":0,"name":"caramelo"}]`},
			{get("/pets/1"), `200 OK {"id":0,"name":"caramelo"}`},
			{asJSON("POST", "/pets", `{"name":"caramelo"}`), `303 See Other`},
			{"DELETE /pets/0 HTTP/1.1\n\n", `202 Accepted`},
		},
		"../openapi/pets.yaml": {
			{get("/pets?limit=3"), `200 OK [{"id":0,"name":"caramelo"}]`},
			{get("/pets/0"), `200 OK {"id":0,"name":"caramelo"}`},
			{asJSON("POST", "/pets", `{"name":"caramelo"}`), `303 See Other`},
			{"DELETE /pets/0 HTTP/1.1\n\n", `202 Accepted`},
		},
	} {
		t.Run(strings.TrimSuffix(filepath.Base(file), filepath.Ext(file)), func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			path := filepath.Join("../../examples/moclojer", file)
			served := FileConfig{Files: []string{path}, Out: &out}
			if mocks, ok := map[string]string{"pets.yaml": "mocks.yaml", "petstore-expanded.yaml": "petstore-expanded-mocks.yaml"}[filepath.Base(file)]; ok {
				served.Mocks = filepath.Join(filepath.Dir(path), mocks)
			}
			s, address := start(t, testConfig(&served))
			if err := s.fileSource().Load(t.Context()); err != nil {
				t.Fatalf("%v\n%s", err, out.String())
			}
			for _, q := range asked {
				answer := talk(t, address, []byte(q.request))
				status, rest, _ := strings.Cut(strings.TrimPrefix(answer, "HTTP/1.1 "), "\n")
				_, body, _ := strings.Cut(rest, "\n\n")
				if got := strings.TrimSpace(status + " " + body); !strings.Contains(got, q.want) {
					t.Errorf("%s\n%s\nwant %s", q.request, got, q.want)
				}
			}
		})
	}
}
