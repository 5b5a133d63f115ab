/**
 * Runs every case once in each round, a short while each, in an order that differs from round to round.
 * @param {readonly import('./case-server.mjs').CaseServer[]} servers
 * @returns {Promise<Map<object, object[]>>} the figures of each server, round by round
 */
export async function runRounds(servers, { load, stores, rounds, seconds, warmUp }) {
  const figures = new Map(servers.map((server) => [server, []]));
  for (const server of servers) await measure(server, { load, stores, seconds: warmUp, warmUp }); // until its code is compiled
  for (let round = 0; round < rounds; round += 1) {
    const turn = Math.floor((round * servers.length) / rounds);
    const order = [...servers.slice(turn), ...servers.slice(0, turn)];
    if (round % 2 === 1) order.reverse();
    for (const server of order) figures.get(server).push(await measure(server, { load, stores, seconds, warmUp }));
    process.stderr.write(`round ${round + 1} of ${rounds} is done\n`);
  }
  return figures;
}

/** What a while of requests takes, per request. */
export async function measure(server, { load, stores, seconds, warmUp }) {
  const { said, expected } = server;
  try {
    await load.run(said, { expected, seconds: warmUp });
    const [before, commandsBefore] = [await server.used(), await stores.commands()];
    const run = await load.run(said, { expected, seconds });
    const [after, commandsAfter] = [await server.used(), await stores.commands()];
    const cpu = after.cpu - before.cpu;
    return {
      perSecond: run.requests / run.seconds,
      cpu: cpu / run.requests,
      busy: cpu / 1_000_000 / run.seconds,
      generatorBusy: run.cpu / 1_000_000 / run.seconds,
      statements: (after.statements - before.statements) / run.requests,
      commands: new Map(
        [...commandsAfter].map(([name, count]) => [name, (count - (commandsBefore.get(name) ?? 0)) / run.requests]),
      ),
      p50: run.p50,
      p99: run.p99,
    };
  } catch (error) {
    throw new Error(`${server.one.name} on ${server.one.adapter}: ${error.message}`, { cause: error });
  }
}
