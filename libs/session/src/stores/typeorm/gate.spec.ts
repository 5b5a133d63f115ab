import { expect, it } from '@jest/globals';
import { Gate } from './gate.js';
import { KeyedGate } from './keyed-gate.js';

const LONG = 2 ** 30;

it('A gate lets in as many as it has places, and the others in the order in which they came', async () => {
  const gate = new Gate(2);
  const first = await gate.enter(LONG);
  await gate.enter(LONG);
  const entered: string[] = [];
  const third = gate.enter(LONG).then((leave) => {
    entered.push('third');
    return leave;
  });
  const fourth = gate.enter(LONG).then((leave) => {
    entered.push('fourth');
    return leave;
  });
  first?.();
  first?.(); // leaving twice makes no second place
  (await third)?.();
  (await fourth)?.();
  expect(entered).toEqual(['third', 'fourth']);
});

it('Who has waited too long is not let in, and takes nobody’s place', async () => {
  const gate = new Gate(1);
  const leave = await gate.enter(LONG);
  const [tired, patient] = [gate.enter(1), gate.enter(LONG)];
  expect(await tired).toBeUndefined();
  leave?.();
  expect(await patient).toEqual(expect.any(Function));
});

it('A keyed gate lets in one at a time of each key', async () => {
  const gate = new KeyedGate();
  const leave = await gate.enter(['ada'], LONG);
  expect(await gate.enter(['grace'], LONG)).toEqual(expect.any(Function));
  expect(await gate.enter(['ada'], 1)).toBeUndefined();
  leave?.();
  expect(await gate.enter(['ada'], LONG)).toEqual(expect.any(Function));
});

it('Who names several keys of a keyed gate waits for each, once, and holds none of them when it was in vain', async () => {
  const gate = new KeyedGate();
  const leave = await gate.enter(['c'], LONG);
  expect(await gate.enter(['b', 'c'], 1)).toBeUndefined();
  const between = await gate.enter(['a', 'b'], 1);
  expect(between).toEqual(expect.any(Function));
  between?.();
  leave?.();
  expect(await gate.enter(['c', 'b', 'a', 'c'], 1)).toEqual(expect.any(Function));
});

it('Those who name several keys of a keyed gate in different orders do not wait for each other', async () => {
  const gate = new KeyedGate();
  const enter = async (...keys: readonly string[]) => (await gate.enter(keys, LONG))?.();
  await Promise.all([enter('a', 'b'), enter('b', 'a'), enter('a', 'b'), enter('b', 'a')]);
  expect(await gate.enter(['a', 'b'], 1)).toEqual(expect.any(Function));
});

it('Who waits for one key of a keyed gate keeps nobody from the others that it names', async () => {
  const gate = new KeyedGate();
  const leave = await gate.enter(['b'], LONG);
  const flood = [gate.enter(['a', 'b'], LONG), gate.enter(['b', 'c'], LONG)];
  const owners = [await gate.enter(['a', 'd'], 1), await gate.enter(['c'], 1)];
  expect(owners).toEqual([expect.any(Function), expect.any(Function)]);
  leave?.();
  (await gate.enter(['b'], 1))?.(); // nobody has all yet that he waits for
  owners.forEach((one) => one?.());
  (await flood[0])?.();
  expect(await flood[1]).toEqual(expect.any(Function));
});

it('Who waits at a keyed gate is let in in the order of arrival, once all keys are free', async () => {
  const gate = new KeyedGate();
  const leave = await gate.enter(['a', 'b'], LONG);
  const entered: string[] = [];
  const enter = async (...keys: readonly string[]) => {
    const out = await gate.enter(keys, LONG);
    entered.push(keys.join(''));
    out?.();
  };
  const all = [enter('b', 'a'), enter('a'), enter('a', 'b'), enter('a')];
  leave?.();
  await Promise.all(all);
  expect(entered).toEqual(['ba', 'a', 'ab', 'a']);
});
