import type { Problem } from '../problems/problem.js';

/** The path of the request cannot be decoded. */
export const MALFORMED_URL: Problem = { status: 400, code: 'bad_request', detail: 'The URL is malformed.' };
