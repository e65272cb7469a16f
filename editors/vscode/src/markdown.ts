// Markdown of a model as HTML that is safe to show: no HTML of its own, no images, links that say where they lead.

import MarkdownIt from 'markdown-it';

const markdown = new MarkdownIt({ html: false, linkify: false }).disable('image');
const escape = markdown.utils.escapeHtml;

markdown.renderer.rules.fence = (tokens, index) => {
  const { content, info } = tokens[index]!;
  return block(content, info.trim().split(/\s/)[0]!);
};
markdown.renderer.rules.code_block = (tokens, index) => block(tokens[index]!.content, '');
markdown.renderer.rules.link_open = (tokens, index, options, _, self) => {
  const token = tokens[index]!;
  token.attrSet('title', token.attrGet('href') ?? '');
  return self.renderToken(tokens, index, options);
};

/** HTML for the panel, whose script knows the buttons by `data-do`. */
export function toHtml(text: string): string {
  return markdown.render(text);
}

function block(code: string, language: string): string {
  const name = escape(language);
  const buttons = '<button data-do="copy">Copy</button><button data-do="insert">Insert</button>';
  const text = `<pre tabindex="0"><code>${escape(code)}</code></pre>`;
  return `<div class="code" data-language="${name}"><div class="bar"><span>${name}</span>${buttons}</div>${text}</div>`;
}
