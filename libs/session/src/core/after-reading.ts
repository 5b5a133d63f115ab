/** Does something when what was there to be read has been read. As it is when this is loaded: a test of the host may hold timers still later. */
export const afterReading: typeof setImmediate = setImmediate;
