/** Who is logged in, in every case: the answer of each route, byte for byte. */
export const USER = { id: '6f1d2a52-9b0c-4f5e-8a3b-2d4c6e8f0a1b', username: 'ada@example.com', roles: ['user'] };

/** What clients of the bench say they are. */
export const USER_AGENT = 'bench';
