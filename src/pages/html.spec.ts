import { describe, expect, it } from '@jest/globals';
import { html } from './html.js';

describe('a page template', () => {
  it('escapes every text that is put into it', () => {
    expect(String(html`<p title="${'"><script>'}">${"<b>&'"}</p>`)).toBe(
      '<p title="&quot;&gt;&lt;script&gt;">&lt;b&gt;&amp;&#39;</p>',
    );
  });

  it('keeps markup that a template made, alone or in a list', () => {
    const item = (text: string) => html`<li>${text}</li>`;
    expect(String(html`<ul>${[item('1'), item('<')]}</ul>${item('3')}`)).toBe('<ul><li>1</li><li>&lt;</li></ul><li>3</li>');
  });

  it('leaves out what is not there', () => {
    expect(String(html`${undefined}${false}${0}`)).toBe('0');
  });
});
