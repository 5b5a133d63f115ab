// Whether two samples come from one distribution.

export function compare(first, second) {
  const { above, p: mannWhitney } = ranked(first, second);
  const { distance, p: kolmogorovSmirnov } = distances(first, second);
  return { above, mannWhitney, distance, kolmogorovSmirnov };
}

export function smallestShiftTold(first, second, step) {
  for (let shift = step; ; shift += step) {
    const shifted = first.map((value) => value + shift);
    if (compare(shifted, second).mannWhitney < 0.01) return shift;
  }
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function ranked(first, second) {
  const all = [...first.map((value) => ({ value, isFirst: true })), ...second.map((value) => ({ value, isFirst: false }))];
  all.sort((a, b) => a.value - b.value);
  let rankSum = 0;
  let ties = 0;
  for (let i = 0; i < all.length; ) {
    let end = i;
    while (end < all.length && all[end].value === all[i].value) end += 1;
    const rank = (i + 1 + end) / 2;
    for (let j = i; j < end; j += 1) if (all[j].isFirst) rankSum += rank;
    ties += (end - i) ** 3 - (end - i);
    i = end;
  }
  const [n, m, size] = [first.length, second.length, all.length];
  const u = rankSum - (n * (n + 1)) / 2;
  const spread = Math.sqrt(((n * m) / 12) * (size + 1 - ties / (size * (size - 1))));
  const z = Math.max(0, Math.abs(u - (n * m) / 2) - 0.5) / spread;
  return { above: u / (n * m), p: spread === 0 ? 1 : 2 * upperTail(z) };
}

function distances(first, second) {
  const [a, b] = [first, second].map((values) => [...values].sort((x, y) => x - y));
  let distance = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const value = Math.min(a[i], b[j]);
    while (a[i] === value) i += 1;
    while (b[j] === value) j += 1;
    distance = Math.max(distance, Math.abs(i / a.length - j / b.length));
  }
  const size = Math.sqrt((a.length * b.length) / (a.length + b.length));
  const lambda = (size + 0.12 + 0.11 / size) * distance;
  let p = 0;
  for (let k = 1; k <= 100; k += 1) p += 2 * (-1) ** (k - 1) * Math.exp(-2 * (k * lambda) ** 2);
  return { distance, p: lambda < 0.2 ? 1 : Math.min(1, Math.max(0, p)) };
}

/** The chance of a standard normal above z (Abramowitz and Stegun 26.2.17, off by less than 1e-7). */
function upperTail(z) {
  const t = 1 / (1 + 0.2316419 * z);
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * series;
}
