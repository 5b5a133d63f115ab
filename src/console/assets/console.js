// The script of the console: puts what the server tells on the page, as texts and attributes, never as markup.

/** Milliseconds without a sign of life after which the connection counts as lost, and before it is tried again. */
const SILENCE = 40_000;
const PAUSE = 1_000;

const live = document.querySelector('[data-live]');
const list = document.querySelector('[data-most]');
let source;
let silence;
let last;

function say(state, text) {
  live.dataset.state = state;
  const place = live.querySelector('p');
  if (place.textContent !== text) place.textContent = text; // else it would be read out again
}

function pause(text) {
  hang();
  live.querySelector('button').textContent = 'Go on';
  say('paused', text);
}

function hang() {
  source?.close();
  clearTimeout(silence);
}

/** Browsers open six connections to a host over HTTP/1.1, for all tabs together: one that nobody sees holds none. */
function listen() {
  hang();
  if (!live.isConnected) return; // the page was emptied
  if (document.visibilityState === 'hidden') return say('hidden', 'Connecting'); // when it is seen
  const address = new URL(live.dataset.live, location);
  if (last) address.searchParams.set('after', last);
  source = new EventSource(address);
  const on = (type, act) =>
    source.addEventListener(type, (event) => {
      clearTimeout(silence);
      silence = setTimeout(() => void comeAgain(), SILENCE);
      say('live', 'Live');
      act(event);
    });
  on('pulse', () => {});
  on('figures', ({ data }) => JSON.parse(data).forEach(redraw));
  on('entry', ({ data, lastEventId }) => {
    last = lastEventId;
    add(JSON.parse(data));
  });
  on('skipped', ({ data, lastEventId }) => {
    last = lastEventId;
    tellSkipped(data);
  });
  // To come again would drive out another page, which would do the same: only a person knows which of them is looked at.
  on('displaced', () => pause('Paused: open in too many windows'));
  source.addEventListener('error', () => void comeAgain());
}

/** A browser does not say why a stream broke off, nor how the next was refused. So it is asked whether this session may come again. */
async function comeAgain() {
  hang();
  say('lost', 'Connection lost, connecting again');
  const answer = await fetch('/admin/live/permission').catch(() => undefined);
  if (answer?.status === 401) return end();
  if (answer?.status === 403) return location.reload();
  setTimeout(() => live.dataset.state === 'lost' && listen(), PAUSE);
}

/** Whoever looks at this screen now may be somebody else. */
function end() {
  document.title = 'You were logged out';
  document.body.replaceChildren(document.getElementById('ended').content.cloneNode(true));
  document.querySelector('h1').focus();
}

function redraw(chart) {
  const card = document.getElementById(chart.id);
  card.toggleAttribute('data-alarming', chart.alarming);
  for (const part of card.querySelectorAll('[data-of]')) part.textContent = chart[part.dataset.of];
  card.querySelectorAll('path').forEach((path, i) => path.setAttribute('d', chart.paths[i]));
  card.querySelectorAll('tbody tr').forEach((row, i) => {
    chart.rows[i].forEach((text, column) => (row.cells[column].textContent = text));
  });
}

function add(entry) {
  const item = document.getElementById('entry').content.firstElementChild.cloneNode(true);
  item.classList.toggle('warns', entry.isWarning);
  for (const name of ['type', 'outcome', 'clock']) item.querySelector(`[data-of=${name}]`).textContent = entry[name];
  const time = item.querySelector('time');
  time.dateTime = entry.at;
  time.title = new Date(entry.at).toLocaleString();
  item.querySelector('dl').replaceChildren(...entry.facts.map(factOf));
  document.querySelector('[data-none]')?.remove();
  list.prepend(item);
  while (list.children.length > Number(list.dataset.most)) list.lastElementChild.remove();
}

/** More was written than anybody could read here: the trail has it, before this place. */
function tellSkipped(before) {
  const text = document.getElementById('skipped').content.cloneNode(true);
  const link = text.querySelector('a');
  const address = new URL(link.href, location);
  address.searchParams.set('before', before);
  link.href = address;
  document.querySelector('.skipped').replaceChildren(text);
}

function factOf({ name, text, href }) {
  const [fact, term, value] = ['div', 'dt', 'dd'].map((tag) => document.createElement(tag));
  term.textContent = name;
  value.textContent = text;
  if (href) {
    const link = document.createElement('a');
    link.href = href;
    link.textContent = text;
    value.replaceChildren(link);
  }
  fact.append(term, ' ', value);
  return fact;
}

if (live) {
  const button = live.querySelector('button');
  button.addEventListener('click', () => {
    const isPaused = live.dataset.state === 'paused';
    if (!isPaused) return pause('Paused');
    button.textContent = 'Pause';
    say('opening', 'Connecting');
    listen();
  });
  live.hidden = false;
  listen();
  addEventListener('pagehide', hang);
  document.addEventListener('visibilitychange', () => live.dataset.state !== 'paused' && listen());
}
