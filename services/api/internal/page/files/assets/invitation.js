// Shows what an invitation is for and answers it. The secret of a link follows # in the address, so that no server on the way
// sees it; an invitation to a username needs none.
const secret = decodeURIComponent(location.hash.slice(1));
const signedIn = document.getElementById('account') !== null;
const list = document.getElementById('list');
const status = document.getElementById('status');

// call sends a request and returns what was answered; an answer that is no success is thrown as what to tell the user.
async function call(method, path, body) {
  const request = { method, headers: {} };
  if (body) {
    request.headers['Content-Type'] = 'application/json';
    request.body = JSON.stringify(body);
  }
  let answer;
  try {
    answer = await fetch(path, request);
  } catch {
    throw new Error('The server cannot be reached; try again.');
  }
  if (answer.ok) return answer.status === 204 ? null : answer.json();
  const problem = await answer.json().catch(() => ({}));
  throw Object.assign(new Error(problem.detail || `The server answered ${answer.status}; try again.`), { status: answer.status });
}

function say(element, text) {
  element.textContent = text;
  element.hidden = !text;
}

// draw shows an invitation; one by a link is claimed when it is answered, so that just looking leaves it to whom it is for.
function draw(invitation, byLink) {
  const card = document.getElementById('card').content.cloneNode(true).firstElementChild;
  const problem = card.querySelector('.problem');
  const choice = card.querySelector('.choice');
  card.querySelector('h3').textContent = invitation.workspace_name;
  card.querySelector('.offer').textContent = `${invitation.inviter || 'Somebody'} invites you to ${invitation.workspace_slug} as ${invitation.role}: ${may(invitation.role)}`;
  card.querySelector('.hint').textContent = `Good until ${new Date(invitation.expires_at).toLocaleString()}.`;
  choice.hidden = !signedIn;
  const reply = async (what) => {
    for (const button of choice.children) button.disabled = true;
    say(problem, '');
    try {
      if (byLink) await call('POST', '/api/v1/invitations/claim', { secret });
      byLink = false; // a secret works once; from here on the invitation is the account's
      await call('POST', `/api/v1/invitations/${encodeURIComponent(invitation.id)}/${what}`);
      choice.remove();
      card.querySelector('.hint').remove();
      card.querySelector('.offer').textContent = what === 'accept'
        ? `You are a member of ${invitation.workspace_slug} now, as ${invitation.role}.` : `You declined the invitation to ${invitation.workspace_slug}.`;
    } catch (error) {
      say(problem, error.message);
      for (const button of choice.children) button.disabled = false;
    }
  };
  card.querySelector('.accept').addEventListener('click', () => reply('accept'));
  card.querySelector('.decline').addEventListener('click', () => reply('decline'));
  list.append(card);
}

function may(role) {
  return {
    owner: 'you may do everything there.', admin: 'you may edit its mocks and see to its members.',
    editor: 'you may edit its mocks.', viewer: 'you may see its mocks.',
  }[role];
}

async function show() {
  let gone = '';
  if (secret) {
    try {
      draw(await call('POST', '/api/v1/invitations/preview', { secret }), true);
    } catch (error) {
      gone = error.status === 404 ? 'The invitation of this link was answered, was taken back, or has expired. Ask who sent it for another.' : error.message;
    }
  }
  if (signedIn) {
    // A link that this account has claimed is among these.
    for (const invitation of (await call('GET', '/api/v1/invitations')).items) draw(invitation, false);
  } else {
    document.getElementById('enter').hidden = false;
  }
  const some = list.childElementCount > 0;
  say(status, some ? '' : gone || (signedIn ? 'There is no invitation for you.' : 'Sign in to see who invites you.'));
}

for (const form of document.querySelectorAll('form[data-send]')) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const problem = form.querySelector('.problem');
    const button = form.querySelector('button');
    const fields = Object.fromEntries(new FormData(form));
    // A new account takes the invitation along, which may be what lets it be made.
    if (secret && list.childElementCount > 0 && form.dataset.send.endsWith('/accounts')) fields.invitation = secret;
    button.disabled = true;
    say(problem, '');
    try {
      await call('POST', form.dataset.send, fields);
      location.reload();
    } catch (error) {
      say(problem, error.message);
      button.disabled = false;
    }
  });
}

document.getElementById('signout')?.addEventListener('click', async () => {
  await call('DELETE', '/api/v1/sessions/current').catch(() => null);
  location.reload();
});

window.addEventListener('hashchange', () => location.reload());
show().catch((error) => say(status, error.message));
