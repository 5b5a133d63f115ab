import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';

/** Where the client library lies, as built. Yours comes out of your bundler. */
const LIBRARY = fileURLToPath(new URL('.', import.meta.resolve('nestjs-hybrid-session-client')));
const MODULE = /^\/client\/((?:[a-z-]+\/)*[a-z-]+\.js)$/;

const html = (api: string) => `<!doctype html><html lang="en"><title>Two origins</title>
<script type="importmap">{ "imports": { "nestjs-hybrid-session-client": "/client/index.js" } }</script>
<button data-with="CookieClient">Log in with the cookie</button> <button data-with="TokenClient">Log in with tokens</button>
<ol></ol>
<script type="module">
  import * as library from 'nestjs-hybrid-session-client';

  const say = (text) => document.querySelector('ol').append(Object.assign(document.createElement('li'), { textContent: text }));
  for (const button of document.querySelectorAll('button'))
    button.onclick = async () => {
      const session = new library[button.dataset.with]({ url: '${api}' });
      session.onLoggedOut((why) => say('logged out: ' + why));
      await session.login({ username: 'ada', password: 'correct horse battery staple' });
      say('read: ' + (await (await session.fetch('/me')).json()).name);
      say('changed: ' + (await session.fetch('/me', { method: 'PATCH' })).status);
      await session.logout();
      say('afterwards: ' + (await session.fetch('/me')).status);
    };
</script></html>`;

/** The page, as any server of files has it. */
export function servePage(api: string): Server {
  return createServer((request, answer) => {
    const [, file] = MODULE.exec(request.url ?? '') ?? [];
    if (!file) return void answer.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(html(api));
    readFile(LIBRARY + file).then(
      (text) => answer.writeHead(200, { 'Content-Type': 'text/javascript' }).end(text),
      () => answer.writeHead(404).end(),
    );
  });
}
