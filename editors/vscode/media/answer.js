// The panel's script: draws what the extension sends, and tells it what the user does.
(() => {
  const vscode = acquireVsCodeApi();
  const answers = document.getElementById('answers');
  const question = document.getElementById('question');
  const stop = document.getElementById('stop');
  const form = document.getElementById('further');
  const tell = (what, text = '') => vscode.postMessage({ do: what, text });

  const element = (name, className, text = '') => {
    const made = document.createElement(name);
    made.className = className;
    made.textContent = text;
    return made;
  };

  const make = () => {
    const article = element('article', '');
    article.append(element('h1', ''), element('div', 'text'), element('footer', ''));
    return article;
  };

  // Only what changed is drawn again, so that a selection in an older answer stays.
  const draw = (article, { heading, html, footer, running }) => {
    const [title, text, foot] = article.children;
    title.textContent = heading;
    foot.textContent = footer;
    article.classList.toggle('running', running);
    if (article.drawn !== html) {
      article.drawn = html;
      text.innerHTML = html;
    }
  };

  window.addEventListener('message', ({ data: { entries, further } }) => {
    const follows = answers.scrollHeight - answers.scrollTop - answers.clientHeight < 40;
    while (answers.children.length > entries.length) {
      answers.lastChild.remove();
    }
    entries.forEach((entry, index) => draw(answers.children[index] ?? answers.appendChild(make()), entry));
    stop.hidden = !entries.some(({ running }) => running);
    form.hidden = !further;
    if (follows) {
      answers.scrollTop = answers.scrollHeight;
    }
  });

  answers.addEventListener('click', ({ target }) => {
    const what = target.dataset?.do;
    if (what) {
      tell(what, target.closest('.code').querySelector('code').textContent);
    }
  });

  const ask = () => {
    const text = question.value.trim();
    if (text) {
      question.value = '';
      tell('ask', text);
    }
  };

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    ask();
  });
  question.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      ask();
    }
  });
  stop.addEventListener('click', () => tell('stop'));
  tell('ready');
})();
