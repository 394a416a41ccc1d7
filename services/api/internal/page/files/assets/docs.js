// The reference of the API, made from its OpenAPI document. Texts go into the page as text, never as markup.
'use strict';

const methods = ['get', 'post', 'put', 'patch', 'delete'];

function el(tag, attributes, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) e.setAttribute(name, value);
  for (const child of children) if (child !== null && child !== undefined) e.append(child);
  return e;
}

// inline puts `code` into elements.
function inline(parent, text) {
  text.split('`').forEach((part, i) => { if (part) parent.append(i % 2 ? el('code', null, part) : part); });
  return parent;
}

// prose makes paragraphs and lists of the document's Markdown.
function prose(text) {
  const out = document.createDocumentFragment();
  for (const block of (text || '').trim().split(/\n\s*\n/)) {
    if (!block) continue;
    if (/^\s*[*-] /.test(block)) {
      const items = block.split(/^\s*[*-] /m).slice(1);
      out.append(el('ul', null, ...items.map((item) => inline(el('li'), item.replace(/\s+/g, ' ').trim()))));
    } else {
      out.append(inline(el('p'), block.replace(/\s+/g, ' ').trim()));
    }
  }
  return out;
}

class Reference {
  constructor(doc) { this.doc = doc; }

  resolve(o) {
    for (let hops = 0; o && o.$ref && hops < 20; hops++) {
      o = o.$ref.slice(2).split('/').reduce((at, key) => at && at[key.replace(/~1/g, '/').replace(/~0/g, '~')], this.doc);
    }
    return o || {};
  }

  type(schema) {
    const name = schema.$ref ? schema.$ref.split('/').pop() : '';
    const s = this.resolve(schema);
    if (s.type === 'array') return 'array of ' + this.type(s.items || {});
    let text = s.type || (s.properties ? 'object' : 'any');
    if (s.format) text += ' (' + s.format + ')';
    if (name && (text === 'object' || text === 'any')) text = name;
    return text;
  }

  limits(s) {
    const out = [];
    if (s.enum) out.push('one of ' + s.enum.map((v) => '`' + v + '`').join(', '));
    if (s.default !== undefined) out.push('default `' + s.default + '`');
    if (s.minimum !== undefined) out.push('from ' + s.minimum);
    if (s.maximum !== undefined && s.maximum < 2147483647) out.push('up to ' + s.maximum);
    if (s.maxLength !== undefined) out.push('at most ' + s.maxLength + ' characters');
    if (s.maxItems !== undefined) out.push('at most ' + s.maxItems + ' items');
    return out.join(' · ');
  }

  field(name, schema, required, description, seen) {
    const s = this.resolve(schema);
    const li = el('li', null, el('code', null, name), el('span', { class: 'type' }, this.type(schema)),
      required ? el('span', { class: 'required' }, 'required') : null);
    const text = description || s.description;
    if (text) li.append(prose(text));
    const limits = this.limits(s);
    if (limits) li.append(inline(el('p'), limits));
    const inner = s.type === 'array' ? this.resolve(s.items || {}) : s;
    if (inner.properties && !seen.includes(inner)) {
      li.append(el('details', null, el('summary', null, 'fields'), this.fields(inner, [...seen, inner])));
    }
    return li;
  }

  fields(schema, seen = []) {
    const s = this.resolve(schema);
    const required = s.required || [];
    return el('ul', { class: 'fields' }, ...Object.entries(s.properties || {})
      .map(([name, p]) => this.field(name, p, required.includes(name), p.description, seen)));
  }

  // body describes a content map: what a request takes, or an answer holds.
  body(content) {
    const out = document.createDocumentFragment();
    for (const [kind, media] of Object.entries(content || {})) {
      const s = this.resolve(media.schema || {});
      out.append(el('p', { class: 'needs' }, kind, s.properties ? '' : ' · ' + this.type(media.schema || {})));
      if (s.properties) out.append(this.fields(media.schema, [s]));
    }
    return out;
  }

  // example is a small value of a schema.
  example(schema, depth = 0) {
    const s = this.resolve(schema);
    if (s.example !== undefined) return s.example;
    if (s.default !== undefined) return s.default;
    if (s.enum) return s.enum[0];
    if (s.type === 'array') return depth > 3 ? [] : [this.example(s.items || {}, depth + 1)];
    if (s.properties) {
      const required = s.required || Object.keys(s.properties).slice(0, 1);
      return Object.fromEntries(required.map((name) => [name, depth > 3 ? null : this.example(s.properties[name], depth + 1)]));
    }
    return { string: '…', integer: 1, number: 1, boolean: true }[s.type] ?? {};
  }

  curl(method, path, op, open) {
    const words = ['curl'];
    if (method !== 'get') words.push('-X ' + method.toUpperCase());
    words.push('"' + location.origin + path.replace(/{(\w+)}/g, (_, name) => '$' + name.toUpperCase()) + '"');
    let text = words.join(' ');
    if (!open) text += ' \\\n  -H "Authorization: Bearer $TOKEN"';
    const body = op.requestBody && this.resolve(op.requestBody);
    if (body && body.content['application/json']) {
      const json = JSON.stringify(this.example(body.content['application/json'].schema), null, 2).replace(/'/g, "'\\''");
      text += ' \\\n  -H "Content-Type: application/json" \\\n  -d \'' + json + "'";
    } else if (body) {
      text += ' \\\n  -H "Content-Type: ' + Object.keys(body.content)[0] + '" \\\n  --data-binary @file';
    }
    return text;
  }

  operation(method, path, item, op) {
    const open = op.security && op.security.length === 0;
    const section = el('section', { class: 'operation', id: op.operationId, 'aria-labelledby': 'h-' + op.operationId },
      el('h3', { id: 'h-' + op.operationId }, op.summary),
      el('div', { class: 'route' }, el('span', { class: 'method ' + method }, method.toUpperCase()), el('code', null, path)));
    const needs = [];
    if (open) needs.push('for everybody');
    if (op['x-scope']) needs.push('scope `' + op['x-scope'] + '`');
    if (op['x-role'] && op['x-role'] !== 'none') needs.push('role `' + op['x-role'] + '` or higher');
    if (needs.length) section.append(inline(el('p', { class: 'needs' }), needs.join(' · ')));
    section.append(prose(op.description));

    const parameters = [...(item.parameters || []), ...(op.parameters || [])].map((p) => this.resolve(p));
    if (parameters.length) {
      section.append(el('h4', null, 'Parameters'), el('ul', { class: 'fields' },
        ...parameters.map((p) => {
          const li = this.field(p.name, p.schema || {}, p.required, p.description, []);
          li.querySelector('.type').append(' · ' + p.in);
          return li;
        })));
    }
    if (op.requestBody) {
      const body = this.resolve(op.requestBody);
      section.append(el('h4', null, 'Body'), this.body(body.content));
    }
    section.append(el('h4', null, 'Answers'));
    const answers = el('ul', { class: 'fields' });
    for (const [status, r] of Object.entries(op.responses || {})) {
      const response = this.resolve(r);
      const li = el('li', null, el('code', null, status === 'default' ? 'error' : status), ' ', inline(el('span'), response.description || ''));
      const headers = Object.keys(response.headers || {});
      if (headers.length) li.append(inline(el('p'), 'headers ' + headers.map((h) => '`' + h + '`').join(', ')));
      const body = this.body(response.content);
      if (body.childNodes.length) li.append(el('details', null, el('summary', null, 'content'), body));
      answers.append(li);
    }
    section.append(answers, el('h4', null, 'With curl'), el('pre', { tabindex: '0' }, el('code', null, this.curl(method, path, op, open))));
    return section;
  }

  render() {
    const toc = document.getElementById('toc'), operations = document.getElementById('operations');
    document.getElementById('title').textContent = this.doc.info.title;
    document.getElementById('intro').append(prose(this.doc.info.description));
    const byTag = new Map((this.doc.tags || []).map((t) => [t.name, { tag: t, all: [] }]));
    for (const [path, item] of Object.entries(this.doc.paths)) {
      for (const method of methods) {
        if (!item[method]) continue;
        const name = (item[method].tags || ['others'])[0];
        if (!byTag.has(name)) byTag.set(name, { tag: { name }, all: [] });
        byTag.get(name).all.push([method, path, item, item[method]]);
      }
    }
    for (const { tag, all } of byTag.values()) {
      if (!all.length) continue;
      all.sort((a, b) => a[1].localeCompare(b[1]) || methods.indexOf(a[0]) - methods.indexOf(b[0]));
      operations.append(el('h2', { class: 'tag' }, tag.name), prose(tag.description));
      const list = el('ul');
      for (const [method, path, item, op] of all) {
        list.append(el('li', { 'data-find': [method, path, op.operationId, op.summary].join(' ').toLowerCase() },
          el('a', { href: '#' + op.operationId }, el('span', { class: 'method ' + method }, method === 'delete' ? 'DEL' : method.toUpperCase()), el('span', null, op.summary))));
        operations.append(this.operation(method, path, item, op));
      }
      toc.append(el('div', { class: 'group' }, el('h2', null, tag.name), list));
    }
  }
}

function filter(text) {
  const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
  for (const group of document.querySelectorAll('.group')) {
    let shown = 0;
    for (const li of group.querySelectorAll('li')) {
      li.hidden = !wanted.every((word) => li.dataset.find.includes(word));
      if (!li.hidden) shown++;
    }
    group.hidden = shown === 0;
  }
}

async function main() {
  const status = document.getElementById('status');
  if (matchMedia('(max-width: 54rem)').matches) document.getElementById('menu').open = false;
  try {
    const response = await fetch('/api/v1/openapi.json');
    if (!response.ok) throw new Error('it answers ' + response.status);
    new Reference(await response.json()).render();
    status.hidden = true;
  } catch (err) {
    status.className = 'problem';
    status.textContent = 'The OpenAPI document cannot be read: ' + err.message + '. Reload the page to try again.';
    return;
  }
  const input = document.getElementById('filter');
  input.addEventListener('input', () => {
    filter(input.value);
    if (input.value) document.getElementById('menu').open = true;
  });
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

main();
