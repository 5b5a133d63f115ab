// Sends requests over many connections, each one after the other, as fast as the server answers or so many per second: a process of
// its own, told by load.mjs what to send.
import { Connection } from './connection.mjs';
import { FullPace, SteadyPace } from './pace.mjs';

process.on('message', (order) => void run(order).then(tell, ({ message }) => tell({ fault: message })));
process.on('disconnect', () => process.exit());

function tell(answer) {
  process.send(answer);
}

/** Milliseconds that each request took, of as many as a run can have. */
const latencies = new Float64Array(2 ** 22);

/** Answers when the last answer has come: the requests that were under way at the end are counted, and so is their time. */
function run({ port, requests, expected, seconds, connections, perSecond }) {
  return new Promise((resolve, reject) => {
    let answered = 0;
    const [begun, idle] = [performance.now(), process.cpuUsage()];
    const onEnd = () => {
      const { user, system } = process.cpuUsage(idle);
      const took = (performance.now() - begun) / 1_000;
      resolve({ requests: answered, seconds: took, cpu: user + system, ...percentiles(answered) });
    };
    const plan = { seconds, onEnd, perSecond };
    const pace = perSecond === undefined ? new FullPace(plan) : new SteadyPace(plan);
    const all = Array.from({ length: connections }, (_, at) => {
      const connection = new Connection({
        port,
        request: Buffer.from(requests[at % requests.length]),
        expected: expected === undefined ? undefined : Buffer.from(expected),
        onFault: reject,
        onAnswer() {
          if (answered === latencies.length) return reject(new Error(`More than ${answered} answers: measure for less long.`));
          latencies[answered] = performance.now() - connection.dueAt;
          answered += 1;
          pace.free(connection);
        },
      });
      return connection;
    });
    pace.begin(all);
    closing = () => all.forEach((connection) => connection.close());
  }).finally(() => closing());
}

let closing = () => undefined;

function percentiles(count) {
  const sorted = latencies.subarray(0, count).sort();
  const at = (share) => sorted[Math.min(count - 1, Math.floor(count * share))];
  return { p50: at(0.5), p99: at(0.99) };
}
