package api_test

import (
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/mocloud/mocloud/services/api/internal/workspace"
)

// fixtures say for each operation how to call it: a request of a member of o with that role that fits and works. What it
// names is made for it, so that it can be called again and again. Ids and slugs of what belongs to o come from o.
var fixtures = map[string]func(o *org, role workspace.Role) call{
	// mocks
	"listMocks": func(o *org, _ workspace.Role) call { return call{query: url.Values{"workspace_slug": {o.slug}}} },
	"createMock": func(o *org, _ workspace.Role) call {
		return call{body: map[string]any{"workspace_slug": o.slug, "slug": o.name("m"), "content": good}}
	},
	"getMock": onMock(nil),
	"getMockBySlug": func(o *org, _ workspace.Role) call {
		slug := o.name("m")
		o.as("POST", "/api/v1/mocks", map[string]any{"workspace_slug": o.slug, "slug": slug, "content": good})
		return call{path: map[string]string{"workspace_slug": o.slug, "mock_slug": slug}}
	},
	"updateMockContent": func(o *org, _ workspace.Role) call {
		return call{path: map[string]string{"mock_id": o.mock()}, body: map[string]any{"content": good + "# more\n"}, header: map[string]string{"If-Match": `"1"`}}
	},
	"deleteMock":     onMock(nil),
	"publishMock":    onMock(nil),
	"getPublication": onMock(nil),
	"unpublishMock":  onMock(func(o *org, id string) { o.as("POST", "/api/v1/mocks/"+id+"/publish", nil) }),
	"streamEvents":   plain,
	"updateMock": func(o *org, _ workspace.Role) call {
		return call{path: map[string]string{"mock_id": o.mock()}, body: map[string]any{"slug": o.name("m"), "name": "Pets"}}
	},
	"moveMock": func(o *org, role workspace.Role) call {
		return call{path: map[string]string{"mock_id": o.mock()}, body: map[string]any{"workspace_slug": o.slug, "slug": o.name("m")}}
	},
	"duplicateMock": func(o *org, _ workspace.Role) call {
		return call{path: map[string]string{"mock_id": o.mock()}, body: map[string]any{"slug": o.name("m")}}
	},
	"restoreMock": func(o *org, _ workspace.Role) call {
		id := o.mock()
		o.as("DELETE", "/api/v1/mocks/"+id, nil)
		return call{path: map[string]string{"mock_id": id}, body: map[string]any{"slug": o.name("m")}}
	},
	"listRevisions":  onMock(nil),
	"getRevision":    onRevision(nil),
	"diffRevisions":  onRevision(nil),
	"updateRevision": onRevision(map[string]any{"pinned": true, "label": "demo"}),
	"rollbackMock": func(o *org, _ workspace.Role) call {
		id := o.mock()
		o.as("PUT", "/api/v1/mocks/"+id, map[string]any{"content": good + "# more\n"})
		return call{path: map[string]string{"mock_id": id}, body: map[string]any{"revision": 1}}
	},

	"exportMock": onMock(nil),
	"importMock": func(o *org, _ workspace.Role) call {
		return call{body: map[string]any{"workspace_slug": o.slug, "slug": o.name("m"), "document": goodOpenAPI}}
	},

	// workspaces
	"listWorkspaces": plain,
	"createWorkspace": func(o *org, _ workspace.Role) call {
		return call{body: map[string]any{"slug": o.name("org"), "name": "An organisation"}, as: o.account()}
	},
	"getWorkspace":    onWorkspace,
	"updateWorkspace": func(o *org, role workspace.Role) call { return onWorkspace(o, role).bodied("name", o.name("Name ")) },
	"deleteWorkspace": func(o *org, role workspace.Role) call {
		other := o.other()
		other.mock()
		return call{path: map[string]string{"workspace_slug": other.slug}, query: url.Values{"confirm": {other.slug}}, as: other.user(role)}
	},

	"getUsernameAvailability": func(*org, workspace.Role) call { return call{query: url.Values{"username": {"zoe"}}} },
	"getAvailability": func(o *org, _ workspace.Role) call {
		return call{query: url.Values{"kind": {"mock"}, "slug": {"pets"}, "workspace_slug": {o.slug}}}
	},

	// account
	"getAccount": plain,
	"updateAccount": func(o *org, _ workspace.Role) call {
		return call{as: o.account()}.bodied("username", o.name("renamed"))
	},
	"deleteAccount": func(o *org, _ workspace.Role) call {
		username := o.account()
		return call{as: username, query: url.Values{"confirm": {username}}}
	},
	"exportAccount": plain,

	// members
	"listMembers":     onWorkspace,
	"getMember":       onMember,
	"updateMember":    func(o *org, role workspace.Role) call { return onMember(o, role).bodied("role", "editor") },
	"deleteMember":    onMember,
	"leaveWorkspace":  func(o *org, role workspace.Role) call { c := onWorkspace(o, role); c.as = o.member(role); return c },
	"listInvitations": onWorkspace,
	"createInvitation": func(o *org, role workspace.Role) call {
		c := onWorkspace(o, role).bodied("role", "editor")
		c.body["username"] = o.account()
		return c
	},
	"deleteInvitation": func(o *org, _ workspace.Role) call {
		_, id, _ := o.invitation(true)
		return call{path: map[string]string{"workspace_slug": o.slug, "invitation_id": id}}
	},
	"listOwnInvitations": plain,
	"claimInvitation": func(o *org, _ workspace.Role) call {
		_, _, secret := o.invitation(false)
		return call{as: o.account()}.bodied("secret", secret)
	},
	"previewInvitation": func(o *org, _ workspace.Role) call {
		_, _, secret := o.invitation(false)
		return call{}.bodied("secret", secret)
	},
	"acceptInvitation":  onInvitation,
	"declineInvitation": onInvitation,
	"listAudit":         onWorkspace,
	"getQuota":          onWorkspace,

	// domains
	"listDomains":     func(o *org, _ workspace.Role) call { return call{query: url.Values{"workspace_slug": {o.slug}}} },
	"listMockDomains": onMock(nil),
	"createDomain": func(o *org, _ workspace.Role) call {
		return call{path: map[string]string{"mock_id": o.mock()}, body: map[string]any{"host": o.name("h") + ".example.com"}}
	},
	"getDomain":    onDomain,
	"verifyDomain": onDomain,
	"deleteDomain": onDomain,

	// files
	"putFile": func(o *org, _ workspace.Role) call {
		return call{path: map[string]string{"workspace_slug": o.slug}, query: url.Values{"name": {"new/" + o.name("f") + ".json"}}, raw: "{}", kind: "application/json"}
	},
	"listFiles":      onWorkspace,
	"getFile":        onFile,
	"getFileContent": onFile,
	"listFileMocks":  onFile,
	"deleteFile":     onFile,

	// variables
	"listVariables": onWorkspace,
	"putVariable": func(o *org, _ workspace.Role) call {
		return call{path: map[string]string{"workspace_slug": o.slug, "variable_name": o.name("V")}, body: map[string]any{"value": "12345678", "secret": true}}
	},
	"deleteVariable": onVariable,

	// requests
	"listRequests":   onMock(nil),
	"deleteRequests": onMock(nil),
	"streamRequests": onMock(nil),
	"getRequest":     onRequest,
	"getRecording":   onMock(nil),
	"updateRecording": func(o *org, role workspace.Role) call {
		c := onMock(nil)(o, role)
		c.body = map[string]any{"mode": "off"}
		return c
	},
	"listActivity": func(o *org, _ workspace.Role) call {
		return call{query: url.Values{"workspace_slug": {o.slug}, "mock_id": {o.mock()}, "from": {"2026-11-22T00:00:00Z"}, "to": {"2026-11-22T06:00:00Z"}}}
	},
	"listEndpointCounts": onMock(nil),
	"searchWorkspaces": func(o *org, _ workspace.Role) call {
		return call{query: url.Values{"q": {"pets"}, "workspace_slug": {o.slug}}}
	},
	"getMockUsage":      onMock(nil),
	"getWorkspaceUsage": onWorkspace,
	"listWebhooks":      onMock(nil),

	// state
	"getState":          onPublished(nil, nil),
	"deleteState":       onPublished(nil, nil),
	"getStateValue":     onPublished(map[string]string{"path": "hits"}, nil),
	"putStateValue":     onPublished(map[string]string{"path": "hits"}, map[string]any{"value": 1}),
	"listMockSessions":  onPublished(nil, nil),
	"deleteMockSession": onPublished(map[string]string{"session_name": "ci-7"}, nil),
	"putClock":          onPublished(nil, map[string]any{"advance": "2h"}),
	"deleteClock":       onPublished(nil, nil),
	"verifyMock":        onPublished(nil, map[string]any{"wait": "1ms", "expect": []any{map[string]any{"if": map[string]any{"request.path": "/x"}}}}),

	// tools
	"validateContent": func(*org, workspace.Role) call { return call{body: map[string]any{"content": good}} },
	"importDocument":  func(*org, workspace.Role) call { return call{body: map[string]any{"document": goodOpenAPI}} },
	"formatContent":   func(*org, workspace.Role) call { return call{body: map[string]any{"content": good}} },

	"tryContent": func(o *org, _ workspace.Role) call {
		return call{body: map[string]any{"workspace_slug": o.slug, "content": good, "request": tried}}
	},
	"tryMock": func(o *org, _ workspace.Role) call {
		return call{path: map[string]string{"mock_id": o.mock()}, body: map[string]any{"request": tried}}
	},

	"checkTraffic": func(o *org, role workspace.Role) call {
		c := onRequest(o, role)
		delete(c.path, "request_id")
		c.body = map[string]any{"content": good}
		return c
	},

	// sessions
	"createSession": func(*org, workspace.Role) call { return call{body: map[string]any{"code": "one-time"}} },
	"createAccount": func(o *org, _ workspace.Role) call {
		return call{body: map[string]any{"username": o.name("new"), "password": "correct horse battery"}}
	},
	"getSignInMethods":     plain,
	"deleteCurrentSession": plain,
	"listSessions":         plain,
	"deleteOtherSessions":  plain,
	"deleteSession":        onSession,
	"createSignInLink":     func(*org, workspace.Role) call { return call{body: map[string]any{}} },
	"updatePassword": func(o *org, _ workspace.Role) call {
		username := o.name("viewer")
		o.join(username, workspace.Viewer)
		return call{as: username, body: map[string]any{"new_password": "correct horse battery"}}
	},

	// tokens
	"listTokens":  plain,
	"createToken": func(*org, workspace.Role) call { return call{body: newToken} },
	"getToken":    onOwnToken,
	"deleteToken": onOwnToken,
	"deleteCurrentToken": func(o *org, role workspace.Role) call {
		made := as[createdToken](o.w.t, o.w.want(http.StatusCreated, "POST", "/api/v1/tokens", encode(newToken), bearer(o.user(role)+"-token")))
		return call{header: map[string]string{"Authorization": bearer(made.Secret)[len("Authorization: "):]}}
	},
	"listWorkspaceTokens":  onWorkspace,
	"createWorkspaceToken": func(o *org, role workspace.Role) call { c := onWorkspace(o, role); c.body = newToken; return c },
	"getWorkspaceToken":    onWorkspaceToken,
	"deleteWorkspaceToken": onWorkspaceToken,

	"getInstance": plain,

	// contract
	"getTemplateReference": plain,
	"getMockSchema":        plain,
	"getOpenAPI":           plain,
	"getDocs":              plain,
}

var tried = map[string]any{"method": "GET", "path": "/hello/ann"}

func plain(*org, workspace.Role) call { return call{} }

func onWorkspace(o *org, _ workspace.Role) call {
	return call{path: map[string]string{"workspace_slug": o.slug}}
}

// onMock calls with the id of a fresh mock, after prepare.
func onMock(prepare func(o *org, id string)) func(*org, workspace.Role) call {
	return func(o *org, _ workspace.Role) call {
		id := o.mock()
		if prepare != nil {
			prepare(o, id)
		}
		return call{path: map[string]string{"mock_id": id}}
	}
}

// onPublished calls about a fresh mock that is published.
func onPublished(path map[string]string, body map[string]any) func(*org, workspace.Role) call {
	return func(o *org, role workspace.Role) call {
		c := onMock(func(o *org, id string) { o.as("POST", "/api/v1/mocks/"+id+"/publish", nil) })(o, role)
		maps.Copy(c.path, path)
		c.body = body
		return c
	}
}

var newToken = map[string]any{"name": "CI", "scopes": []string{"mocks:read"}}

// onOwnToken calls with the id of a fresh token of the member.
func onOwnToken(o *org, role workspace.Role) call {
	made := o.w.want(http.StatusCreated, "POST", "/api/v1/tokens", encode(newToken), bearer(o.user(role)+"-token"))
	return call{path: map[string]string{"token_id": as[createdToken](o.w.t, made).Token.ID}}
}

// onWorkspaceToken calls with the id of a fresh token of the organisation.
func onWorkspaceToken(o *org, _ workspace.Role) call {
	id := o.as("POST", "/api/v1/workspaces/"+o.slug+"/tokens", newToken)["token"].(map[string]any)["id"].(string)
	return call{path: map[string]string{"workspace_slug": o.slug, "token_id": id}}
}

// onFile calls with the id of a fresh file.
func onFile(o *org, _ workspace.Role) call {
	return call{path: map[string]string{"workspace_slug": o.slug, "file_id": o.file()}}
}

// onVariable calls with the name of a fresh variable.
func onVariable(o *org, _ workspace.Role) call {
	name := o.name("V")
	o.as(http.MethodPut, "/api/v1/workspaces/"+o.slug+"/env/"+name, map[string]any{"value": "v"})
	return call{path: map[string]string{"workspace_slug": o.slug, "variable_name": name}}
}

// onRevision calls with the first revision of a fresh mock.
func onRevision(body map[string]any) func(*org, workspace.Role) call {
	return func(o *org, _ workspace.Role) call {
		return call{path: map[string]string{"mock_id": o.mock(), "revision": "1"}, body: body}
	}
}

// onSession calls with the id of a fresh session of the member.
func onSession(o *org, role workspace.Role) call {
	username := o.user(role)
	link := as[struct{ URL string }](o.w.t, o.w.want(http.StatusCreated, "POST", "/api/v1/sessions/links", "{}", bearer(username+"-token"))).URL
	o.w.want(http.StatusCreated, "POST", "/api/v1/sessions", encode(map[string]string{"code": link[strings.Index(link, "=")+1:]}), "Authorization: ")
	sessions := as[struct{ Items []struct{ ID string } }](o.w.t, o.w.want(http.StatusOK, "GET", "/api/v1/sessions", "", bearer(username+"-token")))
	return call{path: map[string]string{"session_id": sessions.Items[0].ID}}
}

// onRequest calls with the id of a request that a mock server recorded.
func onRequest(o *org, role workspace.Role) call {
	c := onMock(nil)(o, role)
	c.path["request_id"] = o.w.recorded(c.path["mock_id"], "/x")
	return c
}

func (c call) bodied(field string, value any) call {
	c.body = map[string]any{field: value}
	return c
}

// onMember calls with the username of a fresh member who is a viewer.
func onMember(o *org, _ workspace.Role) call {
	return call{path: map[string]string{"workspace_slug": o.slug, "username": o.member(workspace.Viewer)}}
}

// onInvitation calls with the id of a fresh invitation, as the account that it is for.
func onInvitation(o *org, _ workspace.Role) call {
	username, id, _ := o.invitation(true)
	return call{path: map[string]string{"invitation_id": id}, as: username}
}

// onDomain calls with the id of a fresh domain.
func onDomain(o *org, _ workspace.Role) call {
	id := o.as("POST", "/api/v1/mocks/"+o.mock()+"/domains", map[string]any{"host": o.name("h") + ".example.com"})["id"].(string)
	return call{path: map[string]string{"domain_id": id}}
}
