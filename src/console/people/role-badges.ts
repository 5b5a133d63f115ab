import { html, type Markup } from '../../pages/html.js';

/** What somebody may do, as nothing that he has chosen can look. */
export function roleBadges(roles: readonly string[]): readonly Markup[] {
  return roles.map((role) => html` <span class="badge">${role}</span>`);
}
