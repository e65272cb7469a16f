// The status-bar item: who completes, how fast it was, and the way to the menu.

import { type Disposable, MarkdownString, StatusBarAlignment, ThemeColor, window } from 'vscode';
import { latency, look, type Standing } from './statusLook';

export class StatusBar implements Disposable {
  private readonly item = window.createStatusBarItem('nearline.status', StatusBarAlignment.Right, 100);

  constructor() {
    this.item.name = 'Nearline';
    this.item.command = 'nearline.menu';
    this.item.show();
  }

  show(standing: Standing): void {
    const { icon, word, sentence, warns } = look(standing);
    const took = ['near', 'cloud', 'hot', 'offline'].includes(word) ? latency(standing.status) : '';
    this.item.text = [`$(${icon})`, word, took].filter(Boolean).join(' ');
    this.item.tooltip = tooltip(sentence, took, standing);
    this.item.backgroundColor = warns ? new ThemeColor('statusBarItem.warningBackground') : undefined;
    const label = ['Nearline', word, took].filter(Boolean).join(', ');
    this.item.accessibilityInformation = { label: `${label}. ${sentence}`, role: 'button' };
  }

  dispose(): void {
    this.item.dispose();
  }
}

function tooltip(sentence: string, took: string, { status, pin }: Standing): MarkdownString {
  const text = new MarkdownString('**Nearline**\n\n').appendText(sentence);
  const facts = [
    status?.endpoint && `endpoint ${status.endpoint}`,
    status?.model && `model ${status.model}`,
    took && `last answer ${took}`,
    pin && `actions go to ${pin}`,
  ];
  for (const fact of facts) {
    if (fact) {
      text.appendMarkdown('\n\n').appendText(fact);
    }
  }
  return text;
}
