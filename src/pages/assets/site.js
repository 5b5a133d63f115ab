// The one script of all pages. It takes over the forms that ask for something (end a session, change the password): sends them with the
// CSRF token, shows what is wrong where it is wrong, and asks for the password again where the server wants that.

const ATTEMPTS = 3;
const UNREACHABLE = 'The server cannot be reached. Try again.';
const MESSAGES = {
  fenced: 'Your account was changed elsewhere in the meantime. Log in again.',
  store_unavailable: 'Our storage cannot be reached. Try again in a moment.',
  busy: 'Too much is going on. Try again in a moment.',
};
/** What is wrong with what was typed, as against a server that cannot answer now. */
const FAULTS = new Set(['invalid_credentials', 'invalid_input']);
const LOGGED_OUT = new Set(['not_authenticated', 'invalid_session', 'session_evicted']);

const dialog = document.getElementById('reauthentication');
const underWay = new WeakSet();

/** What the server answered, as far as it can be read. */
async function send(form) {
  const { method } = form.dataset;
  const answer = await fetch(form.action, {
    method,
    headers: { 'X-CSRF-Token': form.elements._csrf.value },
    ...(method === 'POST' ? { body: new URLSearchParams(new FormData(form)) } : {}),
  });
  const isJson = answer.headers.get('Content-Type')?.includes('json');
  const body = isJson ? await answer.json() : {};
  return { isDone: answer.ok, status: answer.status, retryAfter: Number(answer.headers.get('Retry-After')), body };
}

/** Sends a form, again where that helps, and answers with the last refusal. */
async function settle(form) {
  let answer;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    answer = await send(form);
    if (answer.isDone) return answer;
    const { code } = answer.body;
    if (LOGGED_OUT.has(code))
      location.assign(location.pathname); // the server knows why, and says it
    else if (code === 'insufficient_user_authentication' && (await reauthenticated())) continue;
    else if (code === 'csrf_refused' && (await refreshed())) continue;
    break;
  }
  return answer;
}

/** Another tab may have given this session a new secret, and with it new tokens. Of another session this page knows nothing. */
async function refreshed() {
  const answer = await fetch('/auth/session');
  const { session, csrfToken } = answer.ok ? await answer.json() : {};
  if (session?.id === document.body.dataset.session) return useToken(csrfToken);
  location.assign(location.pathname);
  return false;
}

function useToken(csrfToken) {
  for (const field of document.querySelectorAll('input[name=_csrf]')) field.value = csrfToken;
  return true;
}

/** Asks for the password. Whether it was given; closing the dialogue takes the focus back to where it was. */
function reauthenticated() {
  return new Promise((resolve) => {
    dialog.returnValue = '';
    const form = dialog.querySelector('form');
    form.reset();
    clearErrors(form);
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'done'), { once: true });
    dialog.showModal();
  });
}

function textOf({ body, retryAfter }, blamed) {
  if (body.code === 'too_many_attempts') return `Too many attempts. Try again in ${durationOf(retryAfter)}.`;
  if (body.code === 'invalid_credentials') return blamed ? `${blamed} is wrong.` : 'The password is wrong.';
  return MESSAGES[body.code] ?? body.detail ?? 'This did not work. Try again.';
}

function durationOf(seconds) {
  if (seconds >= 120) return `${Math.ceil(seconds / 60)} minutes`;
  return seconds === 1 ? '1 second' : `${seconds} seconds`;
}

function clearErrors(form) {
  for (const input of form.querySelectorAll('[aria-invalid]')) input.removeAttribute('aria-invalid');
  for (const place of form.querySelectorAll('.error')) place.textContent = '';
  const message = document.getElementById('message');
  if (message) message.textContent = '';
}

/** Says what is wrong beside the field that it is about, and puts the cursor there; else above all. */
function show(form, answer) {
  const firstPassword = form.querySelector('input[type=password], input[data-shown]');
  const named = form.elements[answer.body.field ?? ''];
  const blamed = named ?? (answer.status === 401 || answer.status === 429 || dialog.open ? firstPassword : null);
  const text = textOf(answer, blamed?.labels[0]?.textContent);
  if (!blamed) {
    document.getElementById('message').textContent = text;
    return;
  }
  if (FAULTS.has(answer.body.code)) blamed.setAttribute('aria-invalid', 'true');
  document.getElementById(`${blamed.name}-error`).textContent = text;
  blamed.select();
  blamed.focus();
}

function succeed(form, { body }) {
  if (!dialog?.contains(form)) return location.assign(form.dataset.then);
  useToken(body.csrfToken);
  dialog.close('done');
}

async function onSubmit(event) {
  event.preventDefault();
  const form = event.currentTarget;
  if (underWay.has(form)) return;
  underWay.add(form);
  clearErrors(form);
  try {
    const answer = await settle(form);
    // What has ended already is what was asked for.
    if (answer.isDone || answer.body.code === 'session_not_found') succeed(form, answer);
    else if (answer.body.code !== 'insufficient_user_authentication') show(form, answer);
    else document.getElementById('message').textContent = 'Nothing was changed, since the password was not confirmed.';
  } catch {
    show(form, { body: { detail: UNREACHABLE } });
  } finally {
    underWay.delete(form);
  }
}

for (const form of document.querySelectorAll('form[data-method]')) {
  form.hidden = false;
  form.addEventListener('submit', (event) => void onSubmit(event));
}

dialog?.querySelector('[data-cancels]').addEventListener('click', () => dialog.close());

for (const choice of document.querySelectorAll('[data-shows-passwords]')) {
  choice.closest('label').hidden = false;
  choice.addEventListener('change', () => {
    for (const input of choice.form.querySelectorAll('.field input:not([name=username])')) {
      input.type = choice.checked ? 'text' : 'password';
      input.toggleAttribute('data-shown', choice.checked);
    }
  });
}

for (const time of document.querySelectorAll('time')) time.title = new Date(time.dateTime).toLocaleString();

// News is told once: not again when the page is loaded again.
const address = new URL(location);
for (const news of ['reason', 'done']) address.searchParams.delete(news);
if (address.href !== location.href) history.replaceState(null, '', address);

// A page out of the browser's memory is from before, perhaps from before a logout: the server says what is so now.
addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload();
});
