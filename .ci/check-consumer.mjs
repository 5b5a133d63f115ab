// Installs the packed library in empty applications, one per Nest that it promises to work with, compiles them, starts them, and logs
// in and out over HTTP, with a stream and a socket open that end with the session. The Nest 11 application is CommonJS, as most of them are: there the library comes in by require().
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { WebSocket } from 'ws';
import { pack, root, run, temporaryFolder } from './pack.mjs';

const here = (name) => JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version;
const sockets = ['@nestjs/websockets', '@nestjs/platform-ws'];
const nest12 = ['@nestjs/common', '@nestjs/core', '@nestjs/passport', '@nestjs/platform-express', ...sockets];

const consumers = [
  {
    name: 'Nest 12, ES modules',
    type: 'module',
    versions: { ...Object.fromEntries(nest12.map((name) => [name, here(name)])), typescript: here('typescript') },
  },
  {
    name: 'Nest 11, CommonJS',
    type: 'commonjs',
    versions: {
      '@nestjs/common': '11.2.10',
      '@nestjs/core': '11.2.10',
      '@nestjs/passport': '11.0.5',
      '@nestjs/platform-express': '11.2.10',
      '@nestjs/websockets': '11.2.6',
      '@nestjs/platform-ws': '11.2.6',
      typescript: '5.9.3',
    },
  },
];
const shared = Object.fromEntries(['@types/node', 'passport', 'reflect-metadata', 'rxjs'].map((name) => [name, here(name)]));

const { peerDependencies = {}, peerDependenciesMeta = {} } = JSON.parse(
  readFileSync(join(root, 'libs/session/package.json'), 'utf8'),
);
const peers = Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional);
assert(peers.includes('@nestjs/common'), 'The library does not name Nest as its peer.');

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

/** Only what the library says it needs is installed: no optional peer, so that one which is needed after all is missed. */
function install(tarball, { type, versions }) {
  const folder = temporaryFolder('consumer');
  const available = { ...shared, ...versions };
  const needed = [...peers, '@nestjs/platform-express', ...sockets, '@types/node', 'typescript'];
  for (const name of needed) assert(available[name], `No version is chosen for the peer ${name}: add it to this script.`);
  const dependencies = Object.fromEntries(needed.map((name) => [name, available[name]]));
  cpSync(join(root, '.ci/consumer'), folder, { recursive: true });
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, type, dependencies: { ...dependencies, 'nestjs-hybrid-session': `file:${tarball}` } }),
  );
  run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline', '--loglevel', 'error'], {
    cwd: folder,
  });
  run(process.execPath, [join(folder, 'node_modules/typescript/bin/tsc'), '-p', '.'], { cwd: folder });
  return folder;
}

/** The command line: there, and with a word of help where an optional peer is missing. */
function runCommandLine(folder) {
  const program = join(folder, 'node_modules/.bin/nestjs-hybrid-session');
  const ran = (...args) => spawnSync(program, args, { cwd: folder, encoding: 'utf8', env: { PATH: process.env.PATH } });
  const [alone, keys] = [ran(), ran('keys', 'list')];
  assert.equal(alone.status, 2, `The command line without a command: ${alone.stderr}`);
  assert.match(alone.stderr, /^Usage: nestjs-hybrid-session <command>/);
  assert.equal(keys.status, 1);
  assert.match(keys.stderr, /install typeorm/);
}

async function start(folder, port, password) {
  const app = spawn(process.execPath, ['dist/main.js'], {
    cwd: folder,
    env: { PATH: process.env.PATH, PORT: String(port), PASSWORD: password },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.once('exit', () => app.kill());
  const ended = once(app, 'exit').then(([code]) => assert.fail(`The application ended at start with code ${code}.`));
  ended.catch(() => undefined); // after the start its end is our own doing
  const listening = (async () => {
    for await (const line of createInterface(app.stdout)) if (line === 'listening') return;
  })();
  await Promise.race([listening, ended]);
  return async () => {
    app.kill('SIGTERM');
    await once(app, 'exit');
    assert.equal(app.signalCode ?? app.exitCode, 'SIGTERM', 'The application must end by the signal it was sent.');
  };
}

async function status(expected, answer) {
  if (answer.status !== expected) assert.fail(`${answer.url} answered ${answer.status}, not ${expected}: ${await answer.text()}`);
  return answer;
}

async function logInAndOut(origin, password) {
  const call = (method, path, headers = {}, body) =>
    fetch(origin + path, { method, headers, ...(body && { body: JSON.stringify(body) }), signal: AbortSignal.timeout(10_000) });
  const json = { 'content-type': 'application/json' };

  await status(401, await call('GET', '/hello'));
  await status(401, await call('POST', '/auth/login', json, { username: 'ada', password: `not ${password}` }));
  const login = await status(200, await call('POST', '/auth/login', json, { username: 'ada', password }));
  const [setCookie, ...more] = login.headers.getSetCookie().filter((line) => line.includes('sid='));
  assert(setCookie && more.length === 0, 'A login sets one session cookie.');
  assert.match(setCookie, /; ?HttpOnly/i);
  const cookie = { cookie: setCookie.split(';', 1)[0] };

  const { csrfToken } = await (await status(200, await call('GET', '/auth/session', cookie))).json();
  assert.equal(typeof csrfToken, 'string');
  await status(200, await call('GET', '/hello', cookie));
  const refused = new WebSocket(`${origin.replace('http', 'ws')}/live`);
  const [, refusal] = await once(
    refused.on('error', () => {}),
    'unexpected-response',
  );
  assert.equal(refusal.statusCode, 401, 'A socket must not open without a session.');
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/live`, { headers: cookie });
  const closed = once(socket, 'close');
  await once(socket, 'open');
  socket.send('{"event":"hello","data":null}');
  assert.equal(String((await once(socket, 'message'))[0]), '{"event":"hello","data":"ada"}');
  const stream = await status(200, await call('GET', '/events', cookie));
  await status(403, await call('POST', '/auth/logout', cookie));
  await status(204, await call('POST', '/auth/logout', { ...cookie, 'x-csrf-token': csrfToken }));
  assert.equal((await closed)[0], 4401, 'The socket must close with its session.');
  await assert.rejects(stream.text(), 'The stream must be broken off with its session.');
  await status(401, await call('GET', '/auth/session', cookie));
  await status(401, await call('GET', '/hello', cookie));
}

const { tarball } = pack('session');
for (const consumer of consumers) {
  const folder = install(tarball, consumer);
  runCommandLine(folder);
  const port = await freePort();
  const password = 'correct horse battery staple';
  const stop = await start(folder, port, password);
  await logInAndOut(`http://127.0.0.1:${port}`, password);
  await stop();
  console.log(`${consumer.name}: installed, compiled, started, logged in and out, socket and stream with it`);
}
