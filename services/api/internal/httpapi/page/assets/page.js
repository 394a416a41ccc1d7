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
  item.dataset.state = mock.state;
  set('strong', mock.slug);
  set('.workspace', mock.workspace_slug);
  set('.state', mock.state);
  set('.url', mock.url);
  item.querySelector('.url').href = mock.url;
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
