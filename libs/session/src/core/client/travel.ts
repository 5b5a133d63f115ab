import type { Place } from '../ports/locate.js';

const EARTH_RADIUS_KM = 6_371;
/** Kilometres per hour: faster than any airliner flies. */
const FASTEST = 1_000;
/** Kilometres: databases of addresses are off by this much, and put a whole network in one town. */
const BLUR = 200;
const HOUR = 3_600_000;

/** Whether nobody gets from one place to the other in so many milliseconds. */
export function isImpossible(from: Place, to: Place, elapsed: number): boolean {
  const distance = kilometres(from, to);
  return distance > BLUR && distance - BLUR > (FASTEST * Math.max(0, elapsed)) / HOUR;
}

/** The distance of two places along the surface (haversine). */
export function kilometres(from: Place, to: Place): number {
  const [a, b] = [radians(from.latitude), radians(to.latitude)];
  const [high, wide] = [(b - a) / 2, radians(to.longitude - from.longitude) / 2];
  const chord = Math.sin(high) ** 2 + Math.cos(a) * Math.cos(b) * Math.sin(wide) ** 2;
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(chord)));
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}
