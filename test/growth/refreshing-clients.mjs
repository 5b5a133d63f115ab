// The clients of refreshes.mjs: a process of their own, so that what they take of the CPU is not counted as the server's.
import { Pool } from 'undici';

let pool;
let tokens = [];

process.on('message', (order) => void obey(order));
process.on('disconnect', () => void pool?.close());

async function obey(order) {
  if (order.url) pool = new Pool(order.url, { connections: order.tokens.length });
  tokens = order.tokens ?? tokens;
  const each = Math.ceil(order.refreshes / tokens.length);
  try {
    tokens = await Promise.all(tokens.map((token) => chain(token, each)));
    process.send({ refreshed: each * tokens.length });
  } catch (error) {
    process.send({ fault: error.message });
  }
}

/** Refreshes so many times, each time with the token that it was given the time before. */
async function chain(token, length) {
  for (let at = 0; at < length; at += 1) token = await refreshed(token);
  return token;
}

async function refreshed(token) {
  const { statusCode, body } = await pool.request({
    method: 'POST',
    path: '/oauth/token',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token }).toString(),
  });
  const answer = await body.json();
  if (statusCode !== 200) throw new Error(`A refresh was answered with ${statusCode} ${answer.error}.`);
  return answer.refresh_token;
}
