// Runs in the workbench's page before anything of its own. Keeps, by the page's clock in ms since 1970, each key and
// each change of the ghost text with what stands before and behind it, as it is drawn.
window.nearlineEvents = [];

window.nearlineDrawn = () => {
  const drawn = { name: '', before: '', ghost: '', after: '' };
  const editor =
    document.querySelector('.editor-instance .monaco-editor.focused') ??
    document.querySelector('.editor-instance .monaco-editor');
  if (!editor) return drawn;
  const name = editor.dataset.uri.split('/').pop();
  const top = line => parseFloat(line.style.top);
  const lines = [...editor.querySelectorAll('.view-lines > .view-line')].sort((a, b) => top(a) - top(b));
  let part = 'before';
  lines.forEach((line, index) => {
    if (index > 0) drawn[part] += '\n';
    for (const piece of line.querySelectorAll(':scope > span > span')) {
      // Its name ends with "-preview" while the suggest widget is open.
      const ghost = /ghost-text-decoration/.test(piece.className);
      // Ghost text of several lines hides the rest of the cursor's line, and shows it behind its own last line.
      if (ghost || piece.classList.contains('ghost-text-hidden')) part = 'after';
      drawn[ghost ? 'ghost' : part] += piece.textContent;
    }
  });
  for (const line of editor.querySelectorAll('.suggest-preview-text .view-line'))
    drawn.ghost += '\n' + [...line.querySelectorAll('.ghost-text')].map(piece => piece.textContent).join('');
  const plain = text => text.replaceAll('\u00a0', ' ').replaceAll('\u200b', '');
  return { name, before: plain(drawn.before), ghost: plain(drawn.ghost), after: plain(drawn.after) };
};

(() => {
  const now = () => performance.timeOrigin + performance.now();
  const { port1, port2 } = new MessageChannel();
  let changed_ms = 0;
  let last = '';
  // Further lines and the first one are drawn one after the other; a message comes when both are.
  port1.onmessage = () => {
    const drawn = window.nearlineDrawn();
    const state = drawn.ghost ? JSON.stringify(drawn) : '';
    if (state !== last) window.nearlineEvents.push({ t_ms: changed_ms, event: 'ghost', ...drawn });
    last = state;
    changed_ms = 0;
  };
  const look = () => {
    if (changed_ms) return;
    changed_ms = now();
    port2.postMessage(null);
  };
  const watched = { childList: true, subtree: true, characterData: true, attributes: true, attributeFilter: ['class'] };
  new MutationObserver(look).observe(document, watched);
  const pressed = event => window.nearlineEvents.push({ t_ms: now(), event: 'key', key: event.key });
  window.addEventListener('keydown', pressed, true);
})();
