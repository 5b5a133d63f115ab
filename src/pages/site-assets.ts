/** The style of all pages. */
export const SITE_CSS = `:root {
  color-scheme: light dark;
  --ink: light-dark(#1c2430, #e8ecf2);
  --soft: light-dark(#5b6675, #9aa6b6);
  --paper: light-dark(#f5f7fa, #12161c);
  --card: light-dark(#ffffff, #1a2029);
  --line: light-dark(#d9dfe7, #2d3643);
  --accent: light-dark(#1f5fd0, #7aa8ff);
  --on-accent: light-dark(#ffffff, #0d1420);
  --alarm: light-dark(#b3261e, #ffb4ab);
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0; font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
main { max-width: 34rem; margin: 8vh auto; padding: 2rem; background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
h1 { margin: 0 0 1rem; font-size: 1.5rem; }
h2 { margin: 2rem 0 .5rem; font-size: 1.1rem; }
header h1 { margin: 0; }
header p, small { margin: 0; color: var(--soft); }
small { display: block; }
time { white-space: nowrap; }
label { display: block; margin-bottom: 1rem; font-weight: 600; }
label.choice { font-weight: 400; }
input:not([type=checkbox]) { display: block; width: 100%; margin-top: .25rem; padding: .6rem .75rem; font: inherit; font-weight: 400; color: inherit; background: var(--paper); border: 1px solid var(--line); border-radius: 8px; }
button { padding: .6rem 1.1rem; font: inherit; font-weight: 600; color: var(--on-accent); background: var(--accent); border: 1px solid var(--accent); border-radius: 8px; cursor: pointer; }
button.quiet { color: var(--accent); background: none; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
[role=alert] { margin: 0 0 1rem; padding: .6rem .75rem; color: var(--alarm); border: 1px solid currentColor; border-radius: 8px; }
.sessions { margin: 0 0 2rem; padding: 0; list-style: none; border-top: 1px solid var(--line); }
.sessions li { display: flex; gap: 1rem; align-items: center; justify-content: space-between; padding: .75rem 0; border-bottom: 1px solid var(--line); }
mark { padding: 0 .4rem; font-size: .8rem; color: var(--on-accent); background: var(--accent); border-radius: 6px; }
nav { display: flex; gap: .75rem; flex-wrap: wrap; }
`;

/** Sends the forms that mean a request (log out, end a session) with the CSRF token in the header, and then goes on. */
export const SITE_JS = `for (const form of document.querySelectorAll('form[data-method]')) {
  form.hidden = false;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const message = document.getElementById('message');
    try {
      const answer = await fetch(form.action, {
        method: form.dataset.method,
        headers: { 'X-CSRF-Token': form.elements._csrf.value },
      });
      if (answer.ok) return location.assign(form.dataset.then);
      message.textContent = (await answer.json()).detail;
    } catch {
      message.textContent = 'The server cannot be reached: try again.';
    }
    message.hidden = false;
  });
}
`;
