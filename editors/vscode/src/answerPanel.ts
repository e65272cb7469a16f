// The panel that answers are read in: Markdown as it comes, code to copy or insert, and a box to ask further.

import { type Disposable, type ExtensionContext, Uri, ViewColumn, type WebviewPanel, window } from 'vscode';
import { pageOf } from './answerPage';
import { copyCode, insertCode } from './insertCode';
import { toHtml } from './markdown';
import type { Outcome } from './protocol';

// What is drawn more often than this, nobody reads.
const DRAW_EVERY_MS = 50;

interface Shown {
  heading: string;
  text: string;
  footer: string;
  stop: (() => void) | undefined;
}

/** One answer as it comes. */
export interface Entry {
  append(text: string): void;
  end(how: Partial<Outcome>): void;
}

interface Options {
  /** Below what is shown, as part of the same conversation. */
  goesOn?: boolean;
  stop?: () => void;
}

export class AnswerPanel implements Disposable {
  private panel: WebviewPanel | undefined;
  private shown: Shown[] = [];
  private further = false;
  private drawing: NodeJS.Timeout | undefined;

  constructor(
    private readonly context: ExtensionContext,
    private readonly followUp: (question: string) => void,
  ) {}

  /** Show the panel with a new answer; what was shown is gone, and stopped, unless the conversation goes on. */
  begin(heading: string, { goesOn = false, stop }: Options): Entry {
    if (!goesOn) {
      this.stopAll();
      this.shown = [];
    }
    // What cannot be stopped is no answer of a model's, which one could ask about.
    this.further = stop !== undefined;
    const shown: Shown = { heading, text: '', footer: '', stop };
    this.shown.push(shown);
    this.reveal();
    this.draw();
    return {
      append: (text) => {
        shown.text += text;
        this.drawSoon();
      },
      end: ({ text, endpoint, model, note }) => {
        shown.text = text || shown.text;
        shown.footer = [endpoint, model, note].filter(Boolean).join(', ');
        shown.stop = undefined;
        this.draw();
      },
    };
  }

  dispose(): void {
    clearTimeout(this.drawing);
    this.panel?.dispose();
  }

  private reveal(): void {
    if (this.panel) {
      this.panel.reveal(undefined, true);
      return;
    }
    const media = Uri.joinPath(this.context.extensionUri, 'media');
    const column = { viewColumn: ViewColumn.Beside, preserveFocus: true };
    const panel = window.createWebviewPanel('nearline.answer', 'Nearline', column, {
      enableScripts: true,
      localResourceRoots: [media],
    });
    panel.iconPath = Uri.joinPath(media, 'icon.svg');
    panel.webview.onDidReceiveMessage((message: Message) => this.received(message));
    panel.onDidDispose(() => this.closed());
    panel.webview.html = pageOf(panel.webview, media);
    this.panel = panel;
  }

  // Nobody reads what would still come.
  private closed(): void {
    this.panel = undefined;
    this.stopAll();
    this.shown = [];
  }

  private stopAll(): void {
    this.shown.forEach(({ stop }) => stop?.());
  }

  private drawSoon(): void {
    this.drawing ??= setTimeout(() => this.draw(), DRAW_EVERY_MS);
  }

  private draw(): void {
    clearTimeout(this.drawing);
    this.drawing = undefined;
    const entries = this.shown.map(({ heading, text, footer, stop }) => ({
      heading, footer, html: toHtml(text), running: stop !== undefined,
    }));
    void this.panel?.webview.postMessage({ entries, further: this.further });
  }

  private received(message: Message): void {
    const handlers: Record<Message['do'], (text: string) => unknown> = {
      ready: () => this.draw(),
      stop: () => this.stopAll(),
      copy: copyCode,
      insert: insertCode,
      ask: this.followUp,
    };
    handlers[message.do]?.(message.text);
  }
}

interface Message {
  do: 'ready' | 'stop' | 'copy' | 'insert' | 'ask';
  text: string;
}
