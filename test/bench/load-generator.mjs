// Sends requests over many connections, each one after the other, as fast as the server answers: a process of its own, told by
// load.mjs what to send.
import { Connection } from './connection.mjs';

process.on('message', (order) => void run(order).then(tell, ({ message }) => tell({ fault: message })));
process.on('disconnect', () => process.exit());

function tell(answer) {
  process.send(answer);
}

/** Milliseconds that each request took, of as many as a run can have. */
const latencies = new Float64Array(2 ** 22);

/** Answers when the last answer has come: the requests that were under way at the end are counted, and so is their time. */
function run({ port, requests, expected, seconds, connections }) {
  return new Promise((resolve, reject) => {
    let [answered, open] = [0, connections];
    const [begun, idle] = [performance.now(), process.cpuUsage()];
    const end = begun + seconds * 1_000;
    const all = Array.from({ length: connections }, (_, at) => {
      const connection = new Connection({
        port,
        request: Buffer.from(requests[at % requests.length]),
        expected: expected === undefined ? undefined : Buffer.from(expected),
        onFault: reject,
        onAnswer() {
          const now = performance.now();
          latencies[answered] = now - connection.sentAt;
          answered += 1;
          if (now < end && answered < latencies.length) return connection.send();
          open -= 1;
          if (open > 0) return;
          const { user, system } = process.cpuUsage(idle);
          resolve({ requests: answered, seconds: (now - begun) / 1_000, cpu: user + system, ...percentiles(answered) });
        },
      });
      return connection;
    });
    for (const connection of all) connection.send();
    closing = () => all.forEach((connection) => connection.close());
  }).finally(() => closing());
}

let closing = () => undefined;

function percentiles(count) {
  const sorted = latencies.subarray(0, count).sort();
  const at = (share) => sorted[Math.min(count - 1, Math.floor(count * share))];
  return { p50: at(0.5), p99: at(0.99) };
}
