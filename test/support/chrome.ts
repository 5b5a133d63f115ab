import { chromium, type Browser } from 'playwright-core';
import { chromium as program } from './services.mjs';

/** Starts the machine's own Chromium, which asks nothing of the network by itself. */
export function launchChrome(): Promise<Browser> {
  return chromium.launch({
    ...(program === undefined ? {} : { executablePath: program }),
    ignoreDefaultArgs: ['--disable-back-forward-cache'], // people have it
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-quic'],
  });
}
