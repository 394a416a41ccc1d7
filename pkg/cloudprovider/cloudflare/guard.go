package cloudflare

import (
	"context"
	"reflect"
	"strings"

	"github.com/mocloud/mocloud/pkg/cloudprovider"
)

func (c Config) guardCreate(_ context.Context, m cloudprovider.Match, body []byte, _ cloudprovider.Fetch) ([]byte, map[string]any, error) {
	record, err := cloudprovider.DecodeObject(body)
	if err != nil {
		return nil, nil, cloudprovider.Malformed()
	}
	if err := cloudprovider.OnlyKeys(record, "a record", "type", "name", "content", "ttl", "proxied", "comment"); err != nil {
		return nil, nil, err
	}
	if err := c.checkRecord(m.Params["zone"], record); err != nil {
		return nil, nil, err
	}
	send, err := cloudprovider.EncodeObject(record)
	return send, change("create", record), err
}

func (c Config) guardPatch(ctx context.Context, m cloudprovider.Match, body []byte, fetch cloudprovider.Fetch) ([]byte, map[string]any, error) {
	patch, err := cloudprovider.DecodeObject(body)
	if err != nil {
		return nil, nil, cloudprovider.Malformed()
	}
	if err := cloudprovider.OnlyKeys(patch, "a change of a record", "type", "name", "content", "ttl", "proxied", "comment"); err != nil {
		return nil, nil, err
	}
	record, err := c.ours(ctx, m, fetch)
	if err != nil {
		return nil, nil, err
	}
	for key, value := range patch {
		if (key == "type" || key == "name") && !reflect.DeepEqual(value, record[key]) {
			return nil, nil, cloudprovider.Refuse("the %s of a record must not change", key)
		}
		record[key] = value
	}
	if err := c.checkRecord(m.Params["zone"], record); err != nil {
		return nil, nil, err
	}
	send, err := cloudprovider.EncodeObject(patch)
	return send, change("update", record), err
}

func (c Config) guardDelete(ctx context.Context, m cloudprovider.Match, _ []byte, fetch cloudprovider.Fetch) ([]byte, map[string]any, error) {
	record, err := c.ours(ctx, m, fetch)
	if err != nil {
		return nil, nil, err
	}
	return nil, change("delete", record), nil
}

// ours reads the record that a call is about and refuses it unless it is one of ours: an id alone opens nothing.
func (c Config) ours(ctx context.Context, m cloudprovider.Match, fetch cloudprovider.Fetch) (map[string]any, error) {
	envelope, err := fetch(ctx, "/zones/"+m.Params["zone"]+"/dns_records/"+m.Params["record"])
	if err != nil {
		return nil, err
	}
	record, _ := envelope["result"].(map[string]any)
	if cloudprovider.Text(record, "id") != m.Params["record"] {
		return nil, cloudprovider.Odd()
	}
	if err := c.checkRecord(m.Params["zone"], record); err != nil {
		return nil, err
	}
	return record, nil
}

// checkRecord refuses records that are not ours to write.
func (c Config) checkRecord(zone string, record map[string]any) error {
	domain := cloudprovider.Zone{Domain: c.Zones[zone], Reserved: c.Reserved}
	err := domain.CheckRecord(cloudprovider.Text(record, "type"), cloudprovider.Text(record, "name"), cloudprovider.Text(record, "content"))
	if err != nil {
		return err
	}
	comment := cloudprovider.Text(record, "comment")
	if !c.Mark.Owns(comment) {
		return cloudprovider.Refuse("the record's comment does not begin with %q", c.Mark)
	}
	if len(comment) > 100 || strings.ContainsFunc(comment, func(r rune) bool { return r < ' ' || r > '~' }) {
		return cloudprovider.Refuse("the record's comment is longer than 100 characters or not plain text")
	}
	return nil
}

// change is what the audit trail says of a record.
func change(action string, record map[string]any) map[string]any {
	return map[string]any{
		"action": action, "type": cloudprovider.Text(record, "type"), "name": cloudprovider.Text(record, "name"),
		"content_sha256": cloudprovider.Digest([]byte(cloudprovider.Text(record, "content"))),
	}
}
