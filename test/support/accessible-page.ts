import { expect } from '@jest/globals';
import axe, { type AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

/** A folder that is to have a picture of each page: for people, who see what no check does. */
const PICTURES = process.env['PAGE_PICTURES'];
const CONTRAST = 'color-contrast';

/** What is looked for in each scheme: of a page that turns dark, only the colours change. */
const SCHEMES = [
  { colorScheme: 'light', rules: {}, checks: ['document-title', CONTRAST] },
  { colorScheme: 'dark', rules: { runOnly: [CONTRAST] }, checks: [CONTRAST] },
] as const;

/**
 * Expects that nothing on a page keeps people out, light or dark, and that it is no wider than the screens it is looked at on.
 * @param name of its pictures
 * @param isVeiled whether a dialogue lies over it, of which axe does not tell the contrast
 */
export async function expectAccessible(page: Page, name: string, { wide = 1200, isVeiled = false } = {}): Promise<void> {
  for (const { colorScheme, rules, checks } of SCHEMES) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.evaluate(axe.source);
    const { violations, passes } = await page.evaluate<AxeResults>(`axe.run(${JSON.stringify(rules)})`);
    expect(violations.map(({ id, impact, nodes }) => [id, impact, nodes.map(({ html }) => html)])).toEqual([]);
    expect(passes.map(({ id }) => id)).toEqual(expect.arrayContaining(isVeiled ? [] : [...checks]));
    for (const width of [wide, 360]) {
      await page.setViewportSize({ width, height: 740 });
      if (PICTURES) await page.screenshot({ path: `${PICTURES}/${name}-${colorScheme}-${width}.png`, fullPage: true });
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    }
  }
}
