// Keeps the list of mocks current: every event of the caller's workspaces makes it read the list again.
const list = document.getElementById('list');
const row = document.getElementById('row');

async function refresh() {
  const answer = await fetch('/api/v1/mocks?limit=200');
  if (answer.status === 401) return location.reload();
  if (!answer.ok) return; // the next event tries again
  const page = await answer.json();
  list.replaceChildren(...page.items.map(draw));
  document.getElementById('empty').hidden = page.items.length > 0;
  document.getElementById('more').hidden = !page.next_cursor;
}

function draw(mock) {
  const item = row.content.cloneNode(true).firstElementChild;
  const set = (selector, text) => { item.querySelector(selector).textContent = text; };
  const stale = mock.state === 'offline_invalid' && mock.published_revision > 0;
  item.dataset.state = stale ? 'stale' : mock.state;
  set('strong', mock.slug);
  set('.workspace', mock.workspace_slug);
  set('.state', stale ? 'published; the newest revision has errors' : mock.state);
  set('.url', mock.url);
  item.querySelector('.url').href = mock.url;
  const path = item.querySelector('.path');
  path.hidden = !mock.path_url;
  path.textContent = path.href = mock.path_url || '';
  set('.reason', mock.reason);
  item.querySelector('.reason').hidden = !mock.reason;
  set('.revision', mock.revision);
  return item;
}

let timer = 0;
function soon() {
  if (!timer) timer = setTimeout(() => { timer = 0; refresh(); }, 100);
}

const events = new EventSource('/api/v1/events');
for (const name of ['open', 'publication', 'mock_deleted', 'reset']) events.addEventListener(name, soon);
// Mock servers that come and go change states without an event.
setInterval(soon, 10000);

document.getElementById('signout').addEventListener('click', async () => {
  await fetch('/api/v1/sessions/current', { method: 'DELETE' });
  location.assign('/');
});

// send sends a form as JSON and says what came of it: the text that done makes, or what is wrong.
function send(id, method, path, body, done) {
  const form = document.getElementById(id);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const said = form.querySelector('.said');
    said.textContent = '';
    const answer = await fetch(path, { method, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body(form.elements)) });
    const text = await answer.text();
    const value = text ? JSON.parse(text) : {};
    said.textContent = answer.ok ? done(value) : value.detail;
    if (answer.ok) form.reset();
  });
}

send('set-password', 'PUT', '/api/v1/account/password', (fields) => ({
  new_password: fields.chosen.value, ...(fields.current.value && { current_password: fields.current.value }),
}), () => 'The password is set. Sign in with it from now on.');
send('make-token', 'POST', '/api/v1/tokens', (fields) => ({
  name: fields.name.value, scopes: ['mocks:write', 'files:write', 'workspaces:read'],
}), (made) => `Keep it now, it is not shown again: ${made.secret}`);
